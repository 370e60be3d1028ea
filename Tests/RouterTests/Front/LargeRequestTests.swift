import Foundation
import Synchronization
import Tensors
import Testing

@testable import Router

@Suite("Large requests", .timeLimit(.minutes(5))) struct LargeRequestTests {
    @Test("accounts take turns, the one that had its last turn longest ago first")
    func turns() {
        var turns = Turns()
        for (ticket, account) in [(1, 7), (2, 7), (3, 7), (4, 8), (5, 9)] { turns.join(ticket, of: account) }
        var order: [Int] = []
        while let ticket = turns.begin() {
            let second = turns.begin()
            #expect(second == nil, "one at a time")
            order.append(ticket)
            turns.end()
            if ticket == 4 { turns.join(6, of: 8) }
        }
        #expect(order == [1, 4, 5, 2, 6, 3])
    }

    @Test("who leaves the line gets no turn, and who has a turn cannot leave")
    func leaving() {
        var turns = Turns()
        turns.join(1, of: 0)
        turns.join(2, of: 0)
        let first = turns.begin()
        #expect(first == 1)
        let left = (waiting: turns.leave(2), working: turns.leave(1))
        #expect(left == (true, false))
        turns.end()
        let next = turns.begin()
        #expect(next == nil)
    }

    @Test("one that is cancelled while it waits is never read; one at work is told")
    func cancelled() async throws {
        let requests = LargeRequests(), begun = Gate(), told = Gate()
        let first = Task {
            try await requests.run(for: 0) { cancellation in
                begun.open()
                while !cancellation.isSet { Thread.sleep(forTimeInterval: 0.001) }
                told.open()
            }
        }
        try await begun.opened()
        let second = Task { try await requests.run(for: 0) { _ in Issue.record("read although nobody wants it") } }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        first.cancel()
        try await told.opened()
        try? await first.value
        #expect(try await requests.run(for: 0) { _ in 5 } == 5, "the next one has its turn")
    }

    @Test("large requests at work, more than there are threads, hold up neither /health nor small requests")
    func healthy() async throws {
        let generator = SlowReading()
        try await withFront(generator) { client in
            let text = String(repeating: "word ", count: LargeRequests.bytesMin / 5 + 1)
            let large = #"{"model":"slow","prompt":"\#(text)","max_tokens":1}"#
            try await withThrowingTaskGroup(of: Int.self) { tasks in
                for _ in 0 ..< 4 * ProcessInfo.processInfo.activeProcessorCount {
                    tasks.addTask { try await client.post("/v1/completions", large).status }
                }
                try await generator.readingBegan.opened()
                for _ in 0 ..< 3 {
                    #expect(try await client.get("/health").status == 200)
                    #expect(try await client.post("/v1/completions", #"{"prompt":"a"}"#).status == 200)
                }
                generator.mayRead.open()
                for try await status in tasks { #expect(status == 200) }
            }
        }
    }
}

/// Opened once, and waited for by tasks and threads.
private final class Gate: Sendable {
    private let isOpen = Mutex(false)

    func open() { isOpen.withLock { $0 = true } }

    func opened() async throws {
        while !isOpen.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(1)) }
    }

    /// Keeps the thread.
    func block() {
        while !isOpen.withLock({ $0 }) { Thread.sleep(forTimeInterval: 0.001) }
    }
}

/// An engine that tells of its model only when the test likes, where no task of Swift's asks: that is the thread for
/// large requests.
private final class SlowReading: Generator {
    let readingBegan = Gate(), mayRead = Gate()
    private let answers = ScriptedGenerator.saying([100])

    var model: ServedModel {
        if unsafe withUnsafeCurrentTask(body: { unsafe $0 == nil }) {
            readingBegan.open()
            mayRead.block()
        }
        var model = answers.model
        model.id = "slow"
        model.contextLength = 1 << 20
        return model
    }
    var readiness: GeneratorReadiness { .ready }

    func generate(
        _ request: GenerationRequest, emit: (GenerationEvent) async throws -> Bool
    ) async throws -> FinishReason {
        try await answers.generate(request, emit: emit)
    }
}
