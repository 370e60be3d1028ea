import NIOCore
import Testing

@testable import Transport

@Suite("Calls over a socket") struct CallTests {
    @Test("an echo brings back every byte", arguments: Place.allCases, [0, 1, 12 << 10, 1 << 20, 64 << 20])
    func echo(place: Place, count: Int) async throws {
        try await withServer(place.address, handler: { $0.body }) { client, _ in
            let sent = pattern(count)
            let answer = try await client.call("/echo", sent, timeout: .seconds(60))
            #expect(answer == sent)
        }
    }

    @Test("the handler sees path, trace, peer and what is left of the time")
    func request() async throws {
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let address = Place.unix.address
        try await withServer(
            address,
            handler: { request in
                let left = request.deadline.map { $0 - .now() } ?? .zero
                let isRight = left > .seconds(50) && left <= .seconds(60)
                return ByteBuffer(string: "\(request.path) \(request.traceparent ?? "-") \(request.peer) \(isRight)")
            }
        ) { client, _ in
            let answer = try await client.call("/v1/a/b", ByteBuffer(), timeout: .seconds(60), traceparent: trace)
            #expect(String(buffer: answer) == "/v1/a/b \(trace) \(address) true")
        }
    }

    @Test("200 calls at once share one connection, and each gets its own answer", arguments: Place.allCases)
    func concurrent(place: Place) async throws {
        let gauge = Gauge()
        let gate = Gate()
        try await withServer(
            place.address,
            handler: { request in
                await gauge.add(1)
                await gate.pass()        // opened only when all 200 are here
                await gauge.add(-1)
                return request.body
            }
        ) { client, _ in
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for index in 0 ..< 200 {
                    tasks.addTask {
                        let sent = ByteBuffer(string: "call \(index)")
                        let answer = try await client.call("/echo", sent, timeout: .seconds(60))
                        #expect(answer == sent)
                    }
                }
                try await eventually("200 calls in the handler") { await gauge.current == 200 }
                await gate.open()
                try await tasks.waitForAll()
            }
        }
        #expect(await gauge.most == 200)
    }

    @Test("more calls than the server takes at once wait their turn at the client")
    func streamLimit() async throws {
        var limits = RPCLimits()
        limits.concurrentStreamsMax = 4
        let gauge = Gauge()
        try await withServer(
            limits: limits,
            handler: { request in
                await gauge.add(1)
                try await Task.sleep(for: .milliseconds(1))
                await gauge.add(-1)
                return request.body
            }
        ) { client, _ in
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for _ in 0 ..< 50 {
                    tasks.addTask { _ = try await client.call("/", pattern(100), timeout: .seconds(60)) }
                }
                try await tasks.waitForAll()
            }
        }
        #expect(await gauge.total == 50)
        #expect(await gauge.most <= 4)
    }

    @Test("a handler's error arrives as it was thrown", arguments: RPCError.Code.allCases)
    func errors(code: RPCError.Code) async throws {
        let thrown = RPCError(code, "layer 3 has no expert 9: größer als 8\nsecond line")
        try await withServer(handler: { _ in throw thrown }) { client, _ in
            #expect(await failure { try await client.call("/", ByteBuffer(), timeout: .seconds(60)) } == thrown)
        }
    }

    @Test("any other error of a handler is an internal error with its description")
    func foreignErrors() async throws {
        struct Odd: Error, CustomStringConvertible { let description = "the shelf is empty" }
        try await withServer(handler: { _ in throw Odd() }) { client, _ in
            let error = await failure { try await client.call("/", ByteBuffer(), timeout: .seconds(60)) }
            #expect(error == RPCError(.internalError, "the shelf is empty"))
        }
    }

    @Test("a call whose time is up fails, and its handler is cancelled")
    func deadline() async throws {
        let started = Gauge(), cancelled = Gauge()
        try await withServer(handler: { request in
            await started.add(1)
            do { try await Task.sleep(for: .seconds(3600)) } catch {
                await cancelled.add(1)
                throw error
            }
            return request.body
        }) { client, _ in
            // On a busy machine time may be up before the handler has begun; then there is nothing to cancel, and more
            // time is given.
            var timeout = TimeAmount.milliseconds(50)
            while await started.total == 0 {
                let error = await failure { try await client.call("/slow", ByteBuffer(), timeout: timeout) }
                #expect(error.code == .deadlineExceeded)
                timeout = timeout * 2
            }
            try await eventually("every handler that began sees its cancellation") {
                let begun = await started.total
                return await cancelled.total == begun
            }
        }
    }

    @Test("a caller that is cancelled cancels its handler, and no other")
    func cancellation() async throws {
        let started = Gauge(), cancelled = Gauge()
        let gate = Gate()
        try await withServer(handler: { request in
            await started.add(1)
            if request.path == "/patient" {
                await gate.pass()
                return ByteBuffer(string: "\(Task.isCancelled)")
            }
            do { try await Task.sleep(for: .seconds(3600)) } catch { await cancelled.add(1) }
            return request.body
        }) { client, _ in
            async let patient = client.call("/patient", ByteBuffer(), timeout: .seconds(60))
            try await withThrowingTaskGroup(of: RPCError.self) { tasks in
                for _ in 0 ..< 10 {
                    tasks.addTask { await failure { try await client.call("/", pattern(10), timeout: .seconds(3600)) } }
                }
                try await eventually("all have started") { await started.current == 11 }
                tasks.cancelAll()
                for try await error in tasks { #expect(error.code == .cancelled) }
            }
            try await eventually("all handlers see it") { await cancelled.current == 10 }
            await gate.open()
            let answer = try await patient
            #expect(String(buffer: answer) == "false")
        }
    }

    @Test("a body over the server's limit is refused before it is sent; the connection goes on")
    func requestTooLarge() async throws {
        var limits = RPCLimits()
        limits.messageBytesMax = 1 << 20
        try await withServer(
            limits: limits, clientLimits: .init(), handler: { ByteBuffer(string: "\($0.body.readableBytes)") }
        ) { client, _ in
            let error = await failure { try await client.call("/", pattern((1 << 20) + 1), timeout: .seconds(60)) }
            #expect(error == RPCError(.resourceExhausted, "the request has 1048577 bytes, the limit is 1048576"))
            let answer = try await client.call("/", pattern(1 << 20), timeout: .seconds(60))
            #expect(String(buffer: answer) == "1048576")
            #expect(client.isConnected)
        }
    }

    @Test("an answer over the client's limit is refused; the connection goes on")
    func answerTooLarge() async throws {
        var limits = RPCLimits()
        limits.messageBytesMax = 1 << 20
        try await withServer(
            limits: .init(), clientLimits: limits,
            handler: { request in
                pattern(Int(String(buffer: request.body)) ?? 0)
            }
        ) { client, _ in
            let error = await failure {
                try await client.call("/", ByteBuffer(string: "1048577"), timeout: .seconds(60))
            }
            #expect(error.code == .resourceExhausted)
            let answer = try await client.call("/", ByteBuffer(string: "1048576"), timeout: .seconds(60))
            #expect(answer.readableBytes == 1 << 20)
        }
    }

    @Test("slow handlers with large bodies never hold more than the limit, and all are served")
    func backPressure() async throws {
        var limits = RPCLimits()
        limits.windowBytes = 64 << 10
        limits.bufferedBytesMax = 8 << 20
        let held = Gauge()
        let gate = Gate()
        try await withServer(
            limits: limits,
            handler: { request in
                await held.add(request.body.readableBytes)
                await gate.pass()        // opened once two bodies are here: no third fits
                await held.add(-request.body.readableBytes)
                return ByteBuffer(string: "\(request.body.readableBytes)")
            }
        ) { client, _ in
            let body = pattern(3 << 20)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for _ in 0 ..< 30 {
                    tasks.addTask {
                        let answer = try await client.call("/", body, timeout: .seconds(60))
                        #expect(String(buffer: answer) == "\(3 << 20)")
                    }
                }
                try await eventually("two bodies are in handlers") { await gate.waitingCount == 2 }
                await gate.open()
                try await tasks.waitForAll()
            }
        }
        #expect(await held.total == 90 << 20)
        #expect(await held.most == 6 << 20, "two bodies of 3 MiB fit into 8 MiB, and two there were")
    }

    @Test("large bodies in both directions at once do not block each other")
    func bothWays() async throws {
        var limits = RPCLimits()
        limits.unsentBytesMax = 256 << 10
        try await withServer(limits: limits, handler: { $0.body }) { client, _ in
            let body = pattern(8 << 20)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for _ in 0 ..< 12 {
                    tasks.addTask {
                        let answer = try await client.call("/", body, timeout: .seconds(60))
                        #expect(answer == body)
                    }
                }
                try await tasks.waitForAll()
            }
        }
    }
}
