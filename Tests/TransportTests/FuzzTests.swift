import Foundation
import NIOCore
import TestSupport
import Testing

@testable import Transport

/// Seeds are random, and printed with every failure; `TRANSPORT_FUZZ_SEED` brings one back.
private let seed =
    ProcessInfo.processInfo.environment["TRANSPORT_FUZZ_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0 ... .max)

/// Valid conversations, and what can go wrong with their bytes.
struct Mutator {
    var random: SplitMix64

    mutating func randomBytes(_ range: ClosedRange<Int>) -> [UInt8] {
        (0 ..< Int.random(in: range, using: &random)).map { _ in UInt8.random(in: 0 ... 255, using: &random) }
    }

    /// What a well-behaved client says, frame by frame.
    mutating func clientFrames() -> [ByteBuffer] {
        var frames = [Frame.settings, Frame.settingsAck]
        for index in 0 ..< Int.random(in: 1 ... 5, using: &random) {
            let stream = UInt32(index * 2 + 1)
            let body = randomBytes(0 ... 300)
            let timeout = [("x-timeout-ms", "\(Int.random(in: 0...5000, using: &random))")]
            frames.append(Frame.request(stream: stream, length: "\(body.count)", ends: body.isEmpty, more: timeout))
            if !body.isEmpty { frames.append(Frame.data(stream: stream, body, ends: true)) }
            switch Int.random(in: 0 ..< 6, using: &random) {
            case 0: frames.append(Frame.reset(stream: stream))
            case 1: frames.append(Frame.ping)
            case 2: frames.append(Frame.frame(type: 8, stream: stream, payload: [0, 0, 1, 0]))
            case 3: frames.append(Frame.frame(type: 7, payload: [0, 0, 0, 0, 0, 0, 0, 0]))
            default: break
            }
        }
        return frames
    }

    /// What a well-behaved server says to a client that made three calls.
    mutating func serverFrames() -> [ByteBuffer] {
        var frames = [Frame.settings, Frame.settingsAck]
        for stream in [UInt32(1), 3, 5] {
            let body = randomBytes(0 ... 300)
            frames.append(
                Frame.answer(
                    stream: stream, [(":status", "200"), ("content-length", "\(body.count)")], ends: body.isEmpty))
            if !body.isEmpty { frames.append(Frame.data(stream: stream, body, ends: true)) }
        }
        return frames
    }

    /// A few small faults: in the order of frames, in their headers, in their bytes.
    mutating func damage(_ frames: [ByteBuffer]) -> [UInt8] {
        var frames = frames.map { Array($0.readableBytesView) }
        for _ in 0 ..< Int.random(in: 0 ... 4, using: &random) {
            let at = Int.random(in: 0 ..< frames.count, using: &random)
            switch Int.random(in: 0 ..< 7, using: &random) {
            case 0: frames.swapAt(at, Int.random(in: 0 ..< frames.count, using: &random))
            case 1: frames.insert(frames[at], at: at)
            case 2 where frames.count > 1: frames.remove(at: at)
            case 3:
                frames[at][Int.random(in: 0 ..< min(9, frames[at].count), using: &random)] = UInt8.random(
                    in: 0 ... 255, using: &random)
            case 4:
                frames[at][Int.random(in: 0 ..< frames[at].count, using: &random)] ^=
                    1 << UInt8.random(in: 0 ... 7, using: &random)
            case 5: frames[at] = Array(frames[at].prefix(Int.random(in: 1 ... frames[at].count, using: &random)))
            default: frames.insert([0, 0, 0] + randomBytes(6 ... 40), at: at)
            }
        }
        return Array(frames.joined())
    }

    /// The same bytes in pieces, as a socket may bring them.
    mutating func pieces(_ bytes: [UInt8]) -> [ByteBuffer] {
        var pieces: [ByteBuffer] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let count =
                Bool.random(using: &random) ? rest.count : Int.random(in: 1 ... min(50, rest.count), using: &random)
            pieces.append(ByteBuffer(bytes: rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return pieces
    }
}

@Suite("Random bytes and damaged frames") struct FuzzTests {
    /// Feeds bytes to one side without a socket, the way `HTTP2Handler` does. Returns the events, or nil after a fault.
    private func feed(
        _ pieces: [ByteBuffer], to session: HTTP2Session, _ streams: any HTTP2Streams,
        _ onEvent: (HTTP2Event) -> Void = { _ in }
    ) {
        for piece in pieces {
            let isBroken = (try? session.receive(piece)) == nil
            for event in session.takeEvents() {
                streams.received(event, at: .now())
                onEvent(event)
            }
            if isBroken { session.terminate(code: HTTP2Code.protocolError) }
            guard (try? drain(session)) != nil, !isBroken, !session.isFinished else { break }
            for event in session.takeEvents() { streams.received(event, at: .now()) }
        }
        streams.timePassed(to: .now() + .hours(1))
        _ = try? drain(session)
        streams.connectionClosed(RPCError(.unavailable, "the end"))
    }

    @Test("a server survives thousands of random strings and damaged conversations", arguments: [false, true])
    func server(isDamagedOnly: Bool) async throws {
        var mutator = Mutator(random: SplitMix64(seed: seed))
        var started = 0
        for _ in 0 ..< 3000 {
            let bytes = isDamagedOnly ? mutator.damage(mutator.clientFrames()) : mutator.randomBytes(0 ... 200)
            let pieces = [Frame.preface] + mutator.pieces(bytes)
            let session = try HTTP2Session(.server, limits: .init())
            let incoming = CallQueue()
            let streams = ServerStreams(
                session: session, peer: "fuzz", incoming: incoming, activity: ConnectionActivity(), logger: quiet)
            feed(
                isDamagedOnly || Bool.random(using: &mutator.random) ? pieces : Array(pieces.dropFirst()), to: session,
                streams
            ) { event in
                guard case .end(let stream) = event else { return }
                streams.finished(.init(stream: stream, result: .success(pattern(100))))
            }
            while await incoming.next() != nil { started += 1 }        // ends, because the connection has
        }
        if isDamagedOnly { #expect(started > 3000, "most conversations reach a handler (seed \(seed))") }
    }

    @Test("a client survives thousands of damaged answers, and every call ends exactly once")
    func client() async throws {
        var mutator = Mutator(random: SplitMix64(seed: seed))
        var answered = 0
        for _ in 0 ..< 3000 {
            let pieces = mutator.pieces(mutator.damage(mutator.serverFrames()))
            let results = await withTaskGroup(of: Result<ByteBuffer, RPCError>?.self) { tasks in
                let (calls, made) = AsyncStream<CheckedContinuation<Result<ByteBuffer, RPCError>?, Never>>.makeStream()
                for _ in 0 ..< 3 { tasks.addTask { await withCheckedContinuation { made.yield($0) } } }
                var continuations: [CheckedContinuation<Result<ByteBuffer, RPCError>?, Never>] = []
                for await call in calls {
                    continuations.append(call)
                    if continuations.count == 3 { break }
                }
                runClient(continuations, hearing: pieces)
                // A lost continuation would hang, a second resume would trap.
                return await tasks.reduce(into: []) { $0.append($1) }
            }
            answered += results.count { if case .success = $0 { true } else { false } }
        }
        #expect(answered > 1000, "many answers survive (seed \(seed))")
    }

    private func runClient(
        _ continuations: [CheckedContinuation<Result<ByteBuffer, RPCError>?, Never>], hearing pieces: [ByteBuffer]
    ) {
        let loop = testGroup.any()
        let ready = loop.makePromise(of: Void.self), retired = loop.makePromise(of: Retirement.self)
        guard let session = try? HTTP2Session(.client, limits: .init()) else { return }
        let streams = ClientStreams(
            session: session, server: .unix(path: "fuzz"), ready: ready, retired: retired, logger: quiet)
        for continuation in continuations {
            streams.start(
                PendingCall(
                    path: "/", body: pattern(10), deadline: .now() + .minutes(1), timeout: .minutes(1),
                    traceparent: nil,
                    cancellation: .init(), continuation: continuation))
        }
        _ = try? drain(session)
        feed(pieces, to: session, streams)
    }

    @Test("a listening server survives them too, still answers, and keeps no connection")
    func sockets() async throws {
        let address = Place.unix.address
        let before = try descriptorCount()
        try await withServer(address, handler: { $0.body }) { client, server in
            var mutator = Mutator(random: SplitMix64(seed: seed))
            for _ in 0 ..< 25 {
                var scripts: [[ByteBuffer]] = []
                for index in 0 ..< 16 {
                    let isDamaged = index % 4 != 0
                    let bytes = isDamaged ? mutator.damage(mutator.clientFrames()) : mutator.randomBytes(0 ... 2000)
                    scripts.append((isDamaged ? [Frame.preface] : []) + mutator.pieces(bytes))
                }
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    for script in scripts {
                        tasks.addTask { try await RawPeer.connect(to: address).sayAndLeave(script) }
                    }
                    try await tasks.waitForAll()
                }
            }
            let isWhole = try await client.echoes(pattern(12 << 10))
            #expect(isWhole, "seed \(seed)")
            try await eventually("only the good client is connected (seed \(seed))") { server.connectionCount == 1 }
        }
        // Other tests open and close sockets at the same time; 400 connections that leaked would still show.
        try await eventually("descriptors are back (seed \(seed))") {
            ((try? descriptorCount()) ?? .max) < before + 350
        }
    }
}
