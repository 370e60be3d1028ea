import Foundation
import JSON

@testable import ClusterClient
@testable import Router

/// A client of a cluster whose processes die and come back. It tells answers from those that were lost on the way.
struct StoryClient: Sendable {
    enum Outcome: Sendable {
        case answer(GivenAnswer)
        /// Nobody knows what became of the request; what came until then.
        case lost(GivenAnswer?)
    }

    let cluster: RESTCluster

    /// Asks for an answer, once.
    ///
    /// - Parameter hangUpAfter: nil: reads it whole; else leaves a stream after so many tokens.
    /// - Throws: where it is refused for a reason that no loss of a process explains.
    func ask(
        _ path: String, _ body: [JSONValue.Member], streams: Bool, hangUpAfter: Int? = nil
    ) async throws -> Outcome {
        do {
            guard streams else {
                let reply = try await cluster.post(path, .object(body))
                return try Self.isLost(reply) ? .lost(nil) : .answer(GivenAnswer(reply))
            }
            let options = JSONValue.Member("stream_options", ["include_usage": true])
            let stream = try await cluster.stream(path, .object(body + [options])) { stream in
                hangUpAfter.map { GivenAnswer(stream).tokens.count >= $0 } ?? false
            }
            let answer = GivenAnswer(stream)
            return stream.isDone ? .answer(answer) : .lost(answer)
        } catch let error as SupportError where Self.refusals.contains(where: { error.description.contains($0) }) {
            return .lost(nil)
        } catch is RESTError {
            return .lost(nil)
        }
    }

    /// How a stream's refusals begin that pass: not ready, busy.
    private static let refusals = ["no stream but 503", "no stream but 409"]

    /// - Throws: where the reply is neither good nor one that comes of the loss of a process.
    private static func isLost(_ reply: RESTCluster.Reply) throws -> Bool {
        if reply.status == 200 { return false }
        guard reply.status == 503 || reply.errorCode == "session_busy" else {
            throw SupportError("a request was answered \(reply.status): \(reply.json.text())")
        }
        return true
    }

    /// Sends a request that changes something, once; nil: it was lost.
    func change(_ path: String, _ body: JSONValue) async throws -> RESTCluster.Reply? {
        do {
            let reply = try await cluster.post(path, body)
            return try Self.isLost(reply) ? nil : reply
        } catch is RESTError {
            return nil
        }
    }

    /// The session, as often as it takes; nil where there is none.
    func session(_ id: String) async throws -> RESTCluster.Reply? {
        let reply = try await repeatedly { try await cluster.get("/v1/sessions/\(id)?include=token_ids") }
        if reply.status == 404 { return nil }
        guard reply.status == 200 else { throw SupportError("session \(id): \(reply.status) \(reply.json.text())") }
        return reply
    }

    /// Deletes a session, as often as it takes.
    func delete(_ id: String) async throws {
        let status = try await repeatedly {
            let answer = try await cluster.rest.delete("/v1/sessions/\(id)")
            return RESTCluster.Reply(status: answer.status, json: try JSONReader.read(answer.body))
        }.status
        guard status == 200 || status == 404 else { throw SupportError("deleting \(id): \(status)") }
    }

    private func repeatedly(_ work: () async throws -> RESTCluster.Reply) async throws -> RESTCluster.Reply {
        while true {
            if let reply = try? await work(), reply.status != 503, reply.status != 409 { return reply }
            try await wait()
        }
    }

    /// Until it makes sense to try again.
    func wait() async throws {
        try await Task.sleep(for: .milliseconds(20))
        try await eventually("the cluster is ready again") { try await cluster.isReady() }
    }
}
