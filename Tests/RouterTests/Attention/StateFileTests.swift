internal import Checkpoint
internal import Messages
internal import Snapshots
internal import Synchronization
internal import Tensors
internal import Testing
internal import Transport

@testable import Router

/// A kept state's file, which parts of attention have and clients see as one; over real connections.
@Suite("Files of kept states") struct StateFileTests {
    private let services = [PlayedAttention(), PlayedAttention()]

    /// A part's file of a state of 5 tokens, with so many numbers more.
    private static func file(_ part: AttentionPart, numbers: Int = 1000) -> [UInt8] {
        let description = SnapshotDescription(
            fingerprint: "ff", arithmetic: "exact", heads: .part(part), length: 5, owner: PlayedAttention.owner,
            scope: "", promised: false, worthMilliseconds: 1, created: 1)
        let tensors = [
            NewTensor(name: SnapshotFormat.tokens, elementType: "I32", shape: [5]),
            NewTensor(name: SnapshotFormat.state(layer: 0), elementType: "F32", shape: [numbers]),
        ]
        let header = SnapshotHeader.bytes(
            description, tensors, checksums: tensors.map { _ in Digest(low: 1, high: 2) })
        return header + (0 ..< 4 * (5 + numbers)).map { UInt8(truncatingIfNeeded: $0 % 251 + 7 * part.index) }
    }

    /// A replica of two parts, or of all of attention.
    private func serve(
        parts: Int = 2, numbers: Int = 1000, _ body: (AttentionReplica) async throws -> Void
    ) async throws {
        for part in AttentionPart.all(of: parts) {
            services[part.index].content.withLock { $0.files[8] = Self.file(part, numbers: numbers) }
        }
        try await services[0].serve { first in
            guard parts > 1 else { return try await body(first) }
            try await services[1].serve { second in
                try await body(AttentionReplica(id: .first, parts: first.parts + second.parts))
            }
        }
    }

    private func bytes(_ range: Range<Int>, _ replica: AttentionReplica, _ file: JoinedSnapshot) async throws -> [UInt8]
    {
        var bytes: [UInt8] = []
        while bytes.count < range.count {
            let next = range.lowerBound + bytes.count ..< range.upperBound
            let piece = try await replica.bytes(next, of: file, 8, bytesMax: 700)
            try #require((1 ... 700).contains(piece.count))
            bytes += piece
        }
        return bytes
    }

    @Test("the file of one part is that part's, byte for byte, and any range of it", arguments: [1, 2])
    func reading(parts: Int) async throws {
        try await serve(parts: parts) { replica in
            let file = try await replica.file(of: 8), whole = try await bytes(0 ..< file.byteCount, replica, file)
            let own = AttentionPart.all(of: parts).map { Self.file($0) }
            if parts == 1 { #expect(whole == own[0]) }
            let header = try SnapshotHeader(file.header, fileByteCount: whole.count)
            #expect(header.description.heads == (parts == 1 ? .part(.whole) : .sections(of: 2)))
            #expect(whole == file.header + zip(own, file.data).flatMap { $0[$1] })
            for range in [0 ..< 1, 5 ..< file.header.count + 3, 2000 ..< whole.count, whole.count - 1 ..< whole.count] {
                #expect(try await bytes(range, replica, file) == Array(whole[range]))
            }
        }
    }

    @Test("what is read before the data is the headers, and each byte of the data is read once")
    func thrift() async throws {
        try await serve { replica in
            let file = try await replica.file(of: 8)
            _ = try await bytes(0 ..< file.byteCount, replica, file)
            for (index, service) in services.enumerated() {
                let data = file.data[index], calls = service.content.withLock { $0.calls }
                #expect(calls.prefix(2) == ["export 8 at 0", "export \(data.lowerBound - 8) at 8"])
                let offsets = calls.dropFirst(2).compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
                #expect(offsets == Array(stride(from: data.lowerBound, to: data.upperBound, by: 700)))
            }
        }
    }

    @Test("a header of more than one message is read to its end")
    func longHeader() async throws {
        try await serve { replica in
            for service in services {
                service.exported.withLock {
                    $0 = { request, answer in
                        ExportStateResponse(fileBytes: answer.fileBytes, part: Array(answer.part.prefix(100)))
                    }
                }
            }
            let file = try await replica.file(of: 8)
            let parts = AttentionPart.all(of: 2).map { Self.file($0) }
            #expect(
                file.byteCount == file.header.count + parts.reduce(0) { $0 + $1.count }
                    - file.data.reduce(0) { $0 + $1.lowerBound })
        }
    }

    @Test("answers that are no file of this state end in an error that tells of it")
    func lies() async throws {
        typealias Lie = @Sendable (ExportStateRequest, ExportStateResponse) -> ExportStateResponse
        let lies: [(String, Lie)] = [
            ("too few for a state's file", { _, answer in .init(fileBytes: 0, part: []) }),
            ("too few for a state's file", { _, answer in .init(fileBytes: 3, part: answer.part) }),
            (
                "its header claims",
                { _, answer in .init(fileBytes: answer.fileBytes, part: [UInt8](repeating: 255, count: 8)) }
            ),
            (
                "0 bytes of a state's file",
                { request, answer in
                    .init(fileBytes: answer.fileBytes, part: request.offset == 0 ? answer.part : [])
                }
            ),
            (
                "expected 1 to",
                { request, answer in
                    .init(fileBytes: answer.fileBytes, part: answer.part + (request.offset == 0 ? [] : [0]))
                }
            ),
            (
                "a file of 1 bytes,",
                { request, answer in
                    .init(fileBytes: request.offset == 0 ? answer.fileBytes : 1, part: answer.part)
                }
            ),
            (
                "checksum of its header",
                { request, answer in
                    .init(
                        fileBytes: answer.fileBytes,
                        part: request.offset == 0 ? answer.part : answer.part.dropLast() + [1])
                }
            ),
            ("is cut short", { _, answer in .init(fileBytes: answer.fileBytes - 4, part: answer.part) }),
        ]
        try await serve { replica in
            for (words, lie) in lies {
                services[1].exported.withLock { $0 = lie }
                let error = await #expect(throws: (any Error).self) { try await replica.file(of: 8) }
                #expect("\(error!)".contains(words), "\(words): \(error!)")
            }
        }
    }

    @Test("a state that one part has lost is gone; bytes that no part has are, too")
    func gone() async throws {
        try await serve { replica in
            let file = try await replica.file(of: 8)
            services[1].content.withLock { $0.files[8] = nil }
            for range in [file.byteCount - 1 ..< file.byteCount, file.byteCount ..< file.byteCount + 1] {
                let error = await #expect(throws: RPCError.self) {
                    try await replica.bytes(range, of: file, 8, bytesMax: 700)
                }
                #expect(error?.code == .notFound)
            }
            let error = await #expect(throws: RPCError.self) { try await replica.file(of: 8) }
            #expect(error?.code == .notFound)
            let alone = AttentionReplica(id: .first, parts: [replica.parts[0]])
            await #expect(throws: RPCError.self) {
                try await alone.bytes(file.byteCount - 1 ..< file.byteCount, of: file, 8, bytesMax: 700)
            }
        }
    }

    @Test("a file that arrives goes to all parts; where one refuses it, the others drop what they have")
    func taking() async throws {
        try await serve { replica in
            try await replica.take([1, 2, 3], of: 8, in: .everyone, at: 0, isLast: false)
            try await replica.take([4], of: 8, in: .everyone, at: 3, isLast: true)
            for service in services {
                #expect(service.content.withLock { $0.calls } == ["import 3 at 0", "import 1 at 3, the last"])
                service.content.withLock { $0.calls = [] }
            }
            services[1].content.withLock { $0.failures = ["import": .invalidArgument] }
            let error = await #expect(throws: RPCError.self) {
                try await replica.take([4], of: 8, in: .everyone, at: 3, isLast: true)
            }
            #expect(error?.code == .invalidArgument)
            for service in services {
                #expect(service.content.withLock { $0.calls } == ["import 1 at 3, the last", "drop [8]"])
            }
        }
    }
}
