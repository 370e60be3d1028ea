import Foundation
import JSON
import Logging
import NIOCore
import NIOPosix
import TestSupport
import Testing
import TypedCalls

@testable import Messages
@testable import Router
@testable import Transport

/// Strangers on the ports between the processes. Nothing they say ends a process, or leaves memory or descriptors
/// behind.
@Suite("Strangers on the internal ports", .serialized, .inTurn, .cluster(attention: ["--memory-max-mib", "256"]))
struct FuzzTests {
    /// Where processes listen for each other.
    enum Port: String, CaseIterable, Sendable {
        case attention, expertHost = "expert-1", control = "router"

        func address(_ cluster: RESTCluster) -> Address {
            switch self {
            case .attention: cluster.attentionAddress
            case .expertHost: cluster.expertAddress(1)
            case .control: cluster.controlAddress
            }
        }

        var paths: [String] {
            let names =
                switch self {
                case .attention:
                    [
                        "attention/describe", "sequences/open", "sequences/grow", "sequences/close", "states/keep",
                        "states/drop", "states/store", "states/list", "states/describe", "states/export",
                        "states/import", "attention/embed", "attention/sublayer", "attention/head",
                    ]
                case .expertHost: ["experts/hold", "experts/retain", "experts/run"]
                case .control: ["router/announce"]
                }
            return names.map { "/minimax.cluster.v1/\($0)" }
        }
    }

    /// More than fragmentation of the heap, less than any leak of what is sent here.
    private static let growthMax = 64 << 20

    /// Runs `body`, then looks whether the same processes give the same answer and hold no more than before.
    func expectUnharmed(
        _ location: SourceLocation = #_sourceLocation, _ body: (RESTCluster, inout SplitMix64) async throws -> Void
    ) async throws {
        let cluster = try suiteCluster()
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        func answer() async throws -> JSONValue {
            let reply = try await cluster.chat("Who are you?", maxTokens: 8)
            guard reply.status == 200 else {
                throw SupportError("seed \(seed): \(reply.status), \(reply.json.text())\n\(cluster.logs)")
            }
            return reply.json.withoutIdentity
        }
        let before = try await answer()
        try await eventually("the cluster is at rest") {
            try await cluster.metric("minimax_attention_sequences", of: "attention") == 0
        }
        let memory = cluster.all.map { $0.memory("RssAnon") }, descriptors = cluster.all.map(\.descriptorCount)
        try await body(cluster, &random)
        try await cluster.waitUntilReady()
        #expect(try await answer() == before, "seed \(seed)", sourceLocation: location)
        for (index, process) in cluster.all.enumerated() {
            #expect(process.isRunning, "\(process.name), seed \(seed)", sourceLocation: location)
            try await eventually("\(process.name) closed its descriptors, seed \(seed)") {
                process.descriptorCount <= descriptors[index]
            }
            // What was freed goes back to the system a moment later.
            try? await eventually("\(process.name) gave memory back", within: .seconds(5)) {
                process.memory("RssAnon") - memory[index] < Self.growthMax
            }
            let growth = process.memory("RssAnon") - memory[index]
            #expect(
                growth < Self.growthMax, "\(process.name) grew by \(growth >> 20) MiB, seed \(seed)",
                sourceLocation: location)
        }
    }

    func withClient<R>(_ address: Address, _ body: (RPCClient) async throws -> R) async throws -> R {
        let client = RPCClient(
            address: address, group: MultiThreadedEventLoopGroup.singleton,
            logger: .init(label: "stranger") { _ in SwiftLogNoOpLogHandler() })
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await client.run() }
            let result = try await body(client)
            tasks.cancelAll()
            return result
        }
    }

    // MARK: bytes

    @Test("random bytes and random frames, on a thousand connections each", arguments: Port.allCases)
    func randomBytes(port: Port) async throws {
        try await expectUnharmed { cluster, random in
            let address = port.address(cluster), start = random
            try await onThread {
                var random = start
                for index in 0 ..< 1000 {
                    let socket = try RawSocket(address)
                    let isHTTP2 = index % 2 == 0
                    if isHTTP2 { _ = socket.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") }
                    if isHTTP2, Bool.random(using: &random) { _ = socket.send(frame(type: 4, stream: 0, [])) }
                    for _ in 0 ..< Int.random(in: 1 ... 8, using: &random) {
                        let payload = random.bytes(Int.random(in: 0 ... 300, using: &random))
                        let type = UInt8.random(in: 0 ... 12, using: &random),
                            stream = UInt32.random(in: 0 ... 9, using: &random)
                        guard
                            socket.send(
                                isHTTP2
                                    ? frame(type: type, flags: random.bytes(1)[0], stream: stream, payload) : payload)
                        else { break }
                    }
                }
            }
        }
    }

    @Test("calls whose bodies are random, or valid messages with a few wrong bytes", arguments: Port.allCases)
    func randomBodies(port: Port) async throws {
        try await expectUnharmed { cluster, random in
            let fingerprint = try await withClient(cluster.attentionAddress) {
                try await $0.call(.describeAttention, DescribeRequest(), timeout: .seconds(10)).modelFingerprint
            }
            let valid: [[UInt8]] =
                switch port {
                case .attention:
                    [
                        bytes(OpenSequenceRequest(sequence: 77, tokensMax: 10)),
                        bytes(EmbedRequest(tokens: [1, 2, 3])),
                        bytes(
                            OpenSequenceRequest(sequence: 78, tokensMax: 10, state: 7, length: 1, owner: "stranger")),
                        bytes(GrowSequenceRequest(sequence: 77, tokensMax: 20)),
                        bytes(KeepStateRequest(sequence: 77, state: 7, owner: "stranger", scope: "s", tokens: [1])),
                        bytes(DropStatesRequest(owner: "stranger", states: [7, 8])),
                        bytes(StoreStateRequest(owner: "stranger", state: 7)),
                        bytes(ListStatesRequest(owner: "stranger")),
                        bytes(DescribeStateRequest(owner: "stranger", state: 7)),
                        bytes(ExportStateRequest(owner: "stranger", state: 7, offset: 0, bytesMax: 10)),
                        bytes(
                            ImportStateRequest(
                                owner: "stranger", state: 9, scope: "s", offset: 0, isLast: true, part: [1, 2, 3])),
                        bytes(
                            SublayerRequest(
                                layer: 3, spans: [SequenceSpan(sequence: 77, start: 0, count: 1)],
                                hidden: [Float](repeating: 1, count: 192))),
                    ]
                case .expertHost:
                    [
                        bytes(
                            ExpertRequest(
                                layer: 1, hidden: [Float](repeating: 1, count: 384),
                                groups: [TokenGroup(expert: 1, rows: [0, 1])]))
                    ]
                case .control:
                    [
                        bytes(
                            AnnounceRequest(
                                name: "stranger", instance: "1", address: "unix:/nowhere",
                                modelFingerprint: fingerprint, kernels: "none", threads: 1, draining: false,
                                arithmetic: "exact", memoryBytes: 1 << 30, readBandwidth: 1 << 30, machine: "m"))
                    ]
                }
            try await withClient(port.address(cluster)) { client in
                var begun: Set<StateID> = []        // files of which some part may have arrived
                for _ in 0 ..< 1000 {
                    var body =
                        Bool.random(using: &random)
                        ? random.bytes(Int.random(in: 0 ... 200, using: &random))
                        : valid.randomElement(using: &random) ?? []
                    for _ in 0 ..< Int.random(in: 1 ... 3, using: &random) where !body.isEmpty {
                        body[Int.random(in: 0 ..< min(40, body.count), using: &random)] = random.bytes(1)[0]
                    }
                    let path = port.paths.randomElement(using: &random) ?? ""
                    if path == Endpoint.importState.path,
                        let state = try? ImportStateRequest(decoding: body.span.bytes).state
                    {
                        begun.insert(state)
                    }
                    if let error = await failure({
                        _ = try await client.call(path, ByteBuffer(bytes: body), timeout: .seconds(30))
                    }) {
                        #expect(
                            ![.internalError, .unavailable, .deadlineExceeded].contains(error.code), "\(path): \(error)"
                        )
                    }
                }
                for state in begun where state != .none { await endImport(of: state, client) }
            }
            try await closeSequences(cluster)
        }
    }

    // MARK: valid messages, hostile numbers

    @Test("numbers that no router would send attention are refused")
    func attention() async throws {
        try await expectUnharmed { cluster, _ in
            try await withClient(cluster.attentionAddress) { client in
                let row = [Float](repeating: 0.5, count: 192)
                func expect(
                    _ code: RPCError.Code?, _ location: SourceLocation = #_sourceLocation,
                    _ call: () async throws -> Void
                ) async {
                    #expect(await failure(call)?.code == code, sourceLocation: location)
                }
                func attend(_ layer: Int, _ spans: [SequenceSpan], _ hidden: [Float]) async throws {
                    _ = try await client.call(
                        .attend, SublayerRequest(layer: layer, spans: spans, hidden: hidden), timeout: .seconds(30))
                }
                func open(_ sequence: SequenceID, _ tokensMax: Int) async throws {
                    _ = try await client.call(
                        .openSequence, OpenSequenceRequest(sequence: sequence, tokensMax: tokensMax),
                        timeout: .seconds(30))
                }
                func grow(_ sequence: SequenceID, _ tokensMax: Int) async throws {
                    _ = try await client.call(
                        .growSequence, GrowSequenceRequest(sequence: sequence, tokensMax: tokensMax),
                        timeout: .seconds(30))
                }
                func embed(_ tokens: [UInt32]) async throws {
                    _ = try await client.call(.embed, EmbedRequest(tokens: tokens), timeout: .seconds(60))
                }
                func head(
                    _ hidden: [Float], _ question: HeadQuestion = HeadQuestion(candidates: 1, top: 2, logSum: true),
                    excluded: [UInt32] = []
                ) async throws {
                    let questions = [HeadQuestion](repeating: question, count: hidden.count / 192)
                    let request = HeadRequest(hidden: hidden, questions: questions, excluded: excluded)
                    _ = try await client.call(.head, request, timeout: .seconds(60))
                }
                let largest = Int(UInt32.max)

                await expect(nil) { try await open(5, 4) }
                await expect(.failedPrecondition) { try await open(5, 4) }
                for tokens in [0, Int.max, 1 << 32 + 1] { await expect(.invalidArgument) { try await open(6, tokens) } }
                await expect(.resourceExhausted) { try await open(6, 1 << 32) }
                await expect(.invalidArgument) {        // tokens_max of 2^64 - 1
                    _ = try await client.call(
                        Endpoint.openSequence.path,
                        ByteBuffer(bytes: [0x08, 6, 0x10] + [UInt8](repeating: 0xFF, count: 9) + [1]),
                        timeout: .seconds(30))
                }

                for id in [0, 6, SequenceID(rawValue: .max)] { await expect(.notFound) { try await grow(id, 8) } }
                for tokens in [0, Int.max, 1 << 32 + 1] { await expect(.invalidArgument) { try await grow(5, tokens) } }
                await expect(.resourceExhausted) { try await grow(5, 1 << 32) }

                for layer in [16, largest] {
                    await expect(.invalidArgument) {
                        try await attend(layer, [SequenceSpan(sequence: 5, start: 0, count: 1)], row)
                    }
                }
                await expect(.notFound) {
                    try await attend(0, [SequenceSpan(sequence: SequenceID(rawValue: .max), start: 0, count: 1)], row)
                }
                for start in [1, Int.max] {
                    await expect(.failedPrecondition) {
                        try await attend(0, [SequenceSpan(sequence: 5, start: start, count: 1)], row)
                    }
                }
                for count in [0, 2, largest] {
                    await expect(.invalidArgument) {
                        try await attend(0, [SequenceSpan(sequence: 5, start: 0, count: count)], row)
                    }
                }
                await expect(.invalidArgument) {
                    try await attend(7, [SequenceSpan(sequence: 5, start: 0, count: 5)], row + row + row + row + row)
                }
                await expect(.invalidArgument) {
                    try await attend(
                        0,
                        [SequenceSpan(sequence: 5, start: 0, count: 1), SequenceSpan(sequence: 5, start: 1, count: 1)],
                        row + row)
                }
                await expect(.invalidArgument) { try await attend(0, [], []) }
                await expect(.invalidArgument) {
                    try await attend(0, [SequenceSpan(sequence: 5, start: 0, count: 1)], [1])
                }
                // After all those refusals the sequence still stands at its beginning; numbers that are none pass
                // through it and no further.
                for value in [Float.nan, .infinity, -.infinity, .greatestFiniteMagnitude] {
                    await expect(nil) { try await open(9, 4) }
                    for layer in 0 ..< 16 {
                        await expect(nil) {
                            try await attend(
                                layer, [SequenceSpan(sequence: 9, start: 0, count: 2)],
                                [Float](repeating: value, count: 384))
                        }
                    }
                    await expect(nil) { try await head([Float](repeating: value, count: 192)) }
                    _ = try await client.call(
                        .closeSequences, CloseSequencesRequest(sequences: [9], all: false), timeout: .seconds(30))
                }
                await expect(nil) { try await attend(0, [SequenceSpan(sequence: 5, start: 0, count: 1)], row) }

                for token in [4096, UInt32.max] { await expect(.invalidArgument) { try await embed([0, token]) } }
                // 4 MB that ask for 3 GB.
                await expect(.resourceExhausted) { try await embed([UInt32](repeating: 0, count: 4 << 20)) }
                for hidden in [[], [1], row + [1]] { await expect(.invalidArgument) { try await head(hidden) } }
                // Counts have no limit but the vocabulary.
                await expect(nil) { try await head(row, HeadQuestion(candidates: largest, top: largest)) }
                for question in [
                    HeadQuestion(named: [4096]), HeadQuestion(named: [.max]), HeadQuestion(named: [5, 5]),
                    HeadQuestion(named: [6, 5]), HeadQuestion(temperature: .nan), HeadQuestion(temperature: -1),
                    HeadQuestion(temperature: .infinity), HeadQuestion(candidates: 1, draws: true),
                    HeadQuestion(candidates: 2, temperature: 1, draws: true),
                    HeadQuestion(whole: true, temperature: 1, draws: true),
                ] { await expect(.invalidArgument) { try await head(row, question) } }
                for excluded in [[1], [0, 4097], [4096, 1], [.max, .max], [1, 1, .max, 1]] as [[UInt32]] {
                    await expect(.invalidArgument) { try await head(row, excluded: excluded) }
                }
                // 15 MB that ask for 330 MB.
                await expect(.resourceExhausted) { try await head([Float](repeating: 0, count: 192 * 20_000)) }
            }
            try await closeSequences(cluster)
        }
    }

    @Test("sequences are opened until the budget is reached, then refused; closed, they give everything back")
    func budget() async throws {
        try await expectUnharmed { cluster, _ in
            let opened = try await withClient(cluster.attentionAddress) { client in
                for count in 0 ..< 5000 {
                    let request = OpenSequenceRequest(
                        sequence: SequenceID(rawValue: UInt64(1000 + count)), tokensMax: 5000)
                    if let error = await failure({
                        _ = try await client.call(.openSequence, request, timeout: .seconds(30))
                    }) {
                        #expect(error.code == .resourceExhausted)
                        return count
                    }
                }
                return 5000
            }
            #expect(opened > 5 && opened < 5000)
            // More than one of the sequences holds, and so more than is left.
            let refused = try await cluster.complete(.ids([Int](repeating: 1, count: 6000)), maxTokens: 1)
            // Refused, or served as soon as the lease of the sequences' owner, who is silent, has ended.
            #expect(refused.status == 200 || refused.errorCode == "rate_limit_exceeded", "\(refused.json.text())")
            try await closeSequences(cluster)
        }
    }

    @Test("numbers that no router would send an expert host are refused")
    func experts() async throws {
        try await expectUnharmed { cluster, _ in
            let fingerprint = try await withClient(cluster.attentionAddress) {
                try await $0.call(.describeAttention, DescribeRequest(), timeout: .seconds(10)).modelFingerprint
            }
            try await withClient(cluster.expertAddress(1)) { client in
                func run(_ layer: Int, _ hidden: [Float], _ groups: [TokenGroup]) async -> RPCError.Code? {
                    await failure {
                        _ = try await client.call(
                            .runExperts, ExpertRequest(layer: layer, hidden: hidden, groups: groups),
                            timeout: .seconds(30))
                    }?.code
                }
                func hold(_ units: [ExpertUnit], fingerprint: String) async -> RPCError.Code? {
                    await failure {
                        _ = try await client.call(
                            .holdExperts,
                            HoldRequest(router: "x", modelFingerprint: fingerprint, planVersion: 1, units: units),
                            timeout: .seconds(30))
                    }?.code
                }
                let rows = [Float](repeating: 0.5, count: 2 * 192), largest = Int(UInt32.max)
                // Of two hosts this one holds some of the first layer's experts, and not others.
                #expect(await hold([ExpertUnit(layer: 0, expert: 0)], fingerprint: fingerprint) == nil)
                #expect(await run(0, rows, [TokenGroup(expert: 0, rows: [1, 0])]) == nil)
                var refusals = 0
                for expert in 1 ..< 8 where await run(0, rows, [TokenGroup(expert: expert, rows: [0])]) == .notFound {
                    refusals += 1
                }
                #expect(refusals > 0)
                for layer in [16, largest] {
                    #expect(await run(layer, rows, [TokenGroup(expert: 0, rows: [0])]) == .invalidArgument)
                }
                for expert in [8, largest] {
                    #expect(await run(0, rows, [TokenGroup(expert: expert, rows: [0])]) == .invalidArgument)
                }
                for row in [2, UInt32.max] {
                    #expect(await run(0, rows, [TokenGroup(expert: 0, rows: [0, row])]) == .invalidArgument)
                }
                #expect(await run(0, rows, [TokenGroup(expert: 0, rows: [])]) == .invalidArgument)
                #expect(
                    await run(0, rows, [TokenGroup(expert: 0, rows: [UInt32](repeating: 0, count: 1 << 20))])
                        == .resourceExhausted)
                // Half a megabyte that asks for a hundred.
                #expect(
                    await run(0, rows, [TokenGroup](repeating: TokenGroup(expert: 0, rows: [0, 1]), count: 1 << 16))
                        == .invalidArgument)
                for hidden in [[], [1], rows + [1]] {
                    #expect(await run(0, hidden, [TokenGroup(expert: 0, rows: [0])]) == .invalidArgument)
                }
                for value in [Float.nan, .infinity, .greatestFiniteMagnitude] {
                    #expect(
                        await run(0, [Float](repeating: value, count: 192), [TokenGroup(expert: 0, rows: [0])]) == nil)
                }

                #expect(await hold([], fingerprint: "another") == .failedPrecondition)
                for unit in [
                    ExpertUnit(layer: 16, expert: 0), ExpertUnit(layer: 0, expert: 8),
                    ExpertUnit(layer: largest, expert: largest),
                ] {
                    #expect(await hold([unit], fingerprint: fingerprint) == .invalidArgument)
                }
            }
        }
    }

    @Test("announcements of hosts that are not there, or are something else, are survived")
    func announcements() async throws {
        try await expectUnharmed { cluster, _ in
            let fingerprint = try await withClient(cluster.attentionAddress) {
                try await $0.call(.describeAttention, DescribeRequest(), timeout: .seconds(10)).modelFingerprint
            }
            try await withClient(cluster.controlAddress) { client in
                func announce(
                    _ name: String, _ address: String, fingerprint other: String? = nil, instance: String = "1",
                    draining: Bool = false
                ) async -> RPCError.Code? {
                    await failure {
                        _ = try await client.call(
                            .announce,
                            AnnounceRequest(
                                name: name, instance: instance, address: address,
                                modelFingerprint: other ?? fingerprint, kernels: "", threads: 1, draining: draining,
                                arithmetic: "exact", memoryBytes: 1 << 30, readBandwidth: 1 << 30, machine: "m"),
                            timeout: .seconds(30))
                    }?.code
                }
                #expect(await announce("stranger", "unix:/nowhere", fingerprint: "another") == .failedPrecondition)
                #expect(await announce("", "unix:/nowhere") == .invalidArgument)
                #expect(await announce("stranger", "unix:/nowhere", instance: "") == .invalidArgument)
                for address in [
                    "", ":", "unix:", "unix:\(String(repeating: "a", count: 4000))", "host:99999", "host:-1", "host",
                    "[::1", "http://x:80",
                ] {
                    #expect(await announce("stranger", address) == .invalidArgument, "\(address.prefix(20))")
                }
                for index in 0 ..< 1500 {
                    _ = await announce("stranger-\(index)", "unix:\(cluster.folder)/nobody-\(index).sock")
                }
                for kind in ["announced", "gone", "refused"] {
                    #expect(
                        cluster.logs.split(separator: "\n").count {
                            $0.contains("expert host \(kind)") && $0.contains("stranger-")
                        } < 500, "\(kind)")
                }
                #expect(await announce(String(repeating: "n", count: 256), "unix:/nowhere") == .invalidArgument)
                #expect(await announce(String(repeating: "n", count: 1 << 20), "unix:/nowhere") == .resourceExhausted)
                // Somebody answers there, but it is no expert host.
                #expect(await announce("impostor", "\(cluster.attentionAddress)") == nil)
                #expect(await announce("impostor-2", "\(cluster.controlAddress)") == nil)
                #expect(await announce("impostor-3", "127.0.0.1:\(cluster.port)") == nil)
                // Under the name of one that is in use.
                #expect(await announce("expert-1", "unix:/nowhere") == .resourceExhausted)
                #expect(await announce("expert-2", "\(cluster.attentionAddress)", draining: true) == .resourceExhausted)
            }
            try await eventually("both hosts share the experts") {
                guard try await cluster.isReady() else { return false }
                let units = [
                    try await cluster.metric("minimax_expert_units", of: "expert-1"),
                    try await cluster.metric("minimax_expert_units", of: "expert-2"),
                ]
                // Not always 64 each: a host's share follows the speed that its calls were seen to have.
                return units.reduce(0, +) == 128 && units.allSatisfy { $0 > 0 }
            }
        }
    }

    func closeSequences(_ cluster: RESTCluster) async throws {
        try await withClient(cluster.attentionAddress) {
            _ = try await $0.call(
                .closeSequences, CloseSequencesRequest(sequences: [], all: true), timeout: .seconds(30))
        }
    }
}

/// Ends a file of which some parts may have arrived: what there is of it is refused and removed.
func endImport(of state: StateID, _ client: RPCClient) async {
    let error = await failure {
        let rest = ImportStateRequest(owner: "stranger", state: state, scope: "", offset: 0, isLast: true, part: [])
        _ = try await client.call(.importState, rest, timeout: .seconds(30))
    }
    #expect(error?.code == .invalidArgument, "\(state)")
}

/// The error that a call ends with, if it does.
func failure(_ call: () async throws -> Void) async -> RPCError? {
    do {
        try await call()
        return nil
    } catch let error as RPCError {
        return error
    } catch {
        return RPCError(.internalError, "\(error)")
    }
}

/// One HTTP/2 frame (RFC 9113, section 4.1).
private func frame(type: UInt8, flags: UInt8 = 0, stream: UInt32, _ payload: [UInt8]) -> [UInt8] {
    let count = payload.count
    return [
        UInt8(truncatingIfNeeded: count >> 16), UInt8(truncatingIfNeeded: count >> 8), UInt8(truncatingIfNeeded: count),
        type, flags,
    ]
        + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: stream >> $0) } + payload
}

private func bytes(_ message: some WireMessage) -> [UInt8] {
    message.encoded { count, write in
        var bytes = [UInt8](repeating: 0, count: count)
        bytes.withUnsafeMutableBytes { write($0) }
        return bytes
    }
}
