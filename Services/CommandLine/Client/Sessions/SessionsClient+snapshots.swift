internal import Console
internal import Foundation
internal import NIOHTTP1

/// Sessions and the model's states: where these are, and their files.
extension SessionsClient {
    /// A long prompt may have to be computed before anything comes.
    private static let patient = RESTClient.Limits(silence: .seconds(3600))

    /// Has the router store the state of a session.
    package func snapshot(_ id: String) async throws -> Answer<SnapshotReport> {
        try await post(id, "snapshot", "{}", limits: Self.patient)
    }

    /// Moves a session's state to another replica of attention.
    ///
    /// - Parameter member: an attention service of that replica; nil: the one with most memory to spare.
    package func move(_ id: String, to member: String?) async throws -> Answer<SessionMoveReport> {
        let body = try JSONEncoder().encode(member.map { ["to": $0] } ?? [:])
        return try await post(id, "move", String(decoding: body, as: UTF8.self), limits: Self.patient)
    }

    /// Downloads the state of a session. A connection that breaks is made anew, and the download goes on where it was.
    ///
    /// - Parameter write: is given bytes and where they belong in the file; a place of 0 begins the file anew.
    /// - Returns: the size of the file.
    package func download(
        _ id: String, retryAfter pause: Duration = .seconds(1), write: ([UInt8], Int) throws -> Void
    ) async throws -> Int {
        var progress = SnapshotProgress(), fruitless = 0
        while true {
            let before = progress.received
            do {
                try await download(id, &progress, write)
                if let total = progress.total, progress.isComplete { return total }
                throw StartError("the router ended the snapshot after \(progress.received) bytes")
            } catch let error as RESTError {
                if let total = progress.total, progress.isComplete { return total }
                fruitless = progress.received > before ? 0 : fruitless + 1
                guard progress.received > 0, fruitless < Self.triesMax else { throw error }
                try await Task.sleep(for: pause)
            }
        }
    }

    /// So many connections may break one after the other without a byte of the file.
    private static let triesMax = 5

    private func download(
        _ id: String, _ progress: inout SnapshotProgress, _ write: ([UInt8], Int) throws -> Void
    ) async throws {
        let wish = HTTPHeaders(Array(headers) + Array(progress.headers))
        var current = progress
        defer { progress = current }
        try await client.request(.GET, "\(Self.path(of: id))/snapshot", headers: wish, limits: Self.patient) {
            head, body in
            guard [200, 206].contains(head.status) else { throw try await refusal(head, body) }
            var place = try current.begin(status: head.status, head.headers)
            for try await bytes in body {
                try write(bytes, place)
                place += bytes.count
                current.took(bytes.count)
            }
        }
    }

    /// Makes a session of a snapshot's file.
    ///
    /// - Parameter file: its bytes.
    package func restore(_ file: RESTUpload) async throws -> Answer<SessionReport> {
        var headers = headers
        headers.add(name: "content-type", value: "application/octet-stream")
        let answer = try await client.request(.POST, Self.path, headers: headers, body: file, limits: Self.patient) {
            head, body in
            var bytes: [UInt8] = []
            for try await piece in body { bytes += piece }
            return RESTClient.Answer(head: head, body: bytes)
        }
        return try read(answer)
    }

    private func refusal(_ head: RESTClient.Head, _ body: RESTBody) async throws -> StartError {
        refusal(RESTClient.Answer(head: head, body: Array(try await body.beginning(64 << 10).utf8)))
    }
}
