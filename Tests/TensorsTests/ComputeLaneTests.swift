import Dispatch
import Foundation
import Synchronization
import Testing

@testable import Tensors

@Suite("The compute lane") struct ComputeLaneTests {
    private struct Broken: Error, Equatable {}

    /// Which jobs ran, in their order; -1 for one that was not alone.
    private final class Log: Sendable {
        private let entries = Mutex<[Int]>([])
        private let running = Atomic(0)

        var jobs: [Int] { entries.withLock { $0 } }

        func run(_ job: Int) -> Int {
            let alone = running.add(1, ordering: .sequentiallyConsistent).oldValue == 0
            usleep(200)        // long enough to be met by a job beside it
            entries.withLock { $0.append(alone ? job : -1) }
            running.subtract(1, ordering: .sequentiallyConsistent)
            return job
        }
    }

    /// A lane whose first job holds it until `open`; jobs queued meanwhile wait behind it.
    private struct HeldLane {
        let lane = ComputeLane(label: "test")
        private let semaphore = DispatchSemaphore(value: 0)
        private let first: Task<Void, any Error>

        init() {
            first = Task.immediate { [lane, semaphore] in try await lane.run { semaphore.wait() } }
        }

        func open() async throws {
            semaphore.signal()
            try await first.value
        }
    }

    @Test("runs one job at a time, in the order they came")
    func order() async throws {
        let held = HeldLane(), log = Log()
        let jobs = (0 ..< 100).map { job in
            // Begins at once, so the job is queued when this returns.
            Task.immediate { [lane = held.lane] in try await lane.run { log.run(job) } }
        }
        try await Task.sleep(for: .milliseconds(20))        // in which a job that does not wait would run
        #expect(log.jobs.isEmpty)
        try await held.open()
        for (index, job) in jobs.enumerated() { #expect(try await job.value == index) }
        #expect(log.jobs == Array(0 ..< 100))
    }

    @Test("does not run what was cancelled while it waited, and runs its neighbours")
    func cancelled() async throws {
        let held = HeldLane(), log = Log()
        let jobs = (0 ..< 20).map { job in
            Task.immediate { [lane = held.lane] in try await lane.run { log.run(job) } }
        }
        for job in stride(from: 0, to: 20, by: 3) { jobs[job].cancel() }
        try await held.open()
        for (index, job) in jobs.enumerated() {
            if index % 3 == 0 {
                await #expect(throws: CancellationError.self) { try await job.value }
            } else {
                #expect(try await job.value == index)
            }
        }
        #expect(log.jobs == (0 ..< 20).filter { $0 % 3 != 0 })
    }

    @Test("does not run the work of a task that was cancelled before it asked")
    func cancelledBefore() async throws {
        let lane = ComputeLane(label: "test"), log = Log()
        let job = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await lane.run { log.run(1) }
        }
        await #expect(throws: CancellationError.self) { try await job.value }
        #expect(log.jobs.isEmpty)
    }

    @Test("lets work that has begun finish, though its task is cancelled")
    func begun() async throws {
        let lane = ComputeLane(label: "test"), finish = DispatchSemaphore(value: 0)
        let (begun, begins) = AsyncStream.makeStream(of: Void.self)
        let job = Task {
            try await lane.run {
                begins.finish()
                finish.wait()
                return 7
            }
        }
        for await _ in begun {}
        job.cancel()
        finish.signal()
        #expect(try await job.value == 7)
    }

    @Test("runs a job on the calling thread where it is asked to and nothing else is under way")
    func here() async throws {
        let lane = ComputeLane(label: "test")
        func isHere(_ place: ComputeLane.Place) async throws -> Bool {
            // Without a change of threads nothing comes between the two.
            try await withCheckedThrowingContinuation { continuation in
                Task.immediate {
                    let caller = pthread_self()
                    continuation.resume(
                        with: await Result { try await lane.run(on: place) { pthread_self() == caller } })
                }
            }
        }
        #expect(try await isHere(.here))
        #expect(try await !isHere(.lane))
    }

    @Test("keeps the order of jobs that would run on the calling thread while another is under way")
    func hereInOrder() async throws {
        let held = HeldLane(), log = Log()
        let jobs = (0 ..< 30).map { job in
            Task.immediate { [lane = held.lane] in try await lane.run(on: .here) { log.run(job) } }
        }
        try await Task.sleep(for: .milliseconds(20))
        #expect(log.jobs.isEmpty)
        try await held.open()
        for job in jobs { _ = try await job.value }
        #expect(log.jobs == Array(0 ..< 30))
    }

    @Test("lets jobs of many threads run one at a time, wherever they run")
    func mixed() async throws {
        let lane = ComputeLane(label: "test"), log = Log()
        try await withThrowingTaskGroup { tasks in
            for job in 0 ..< 60 {
                tasks.addTask { _ = try await lane.run(on: job % 2 == 0 ? .here : .lane) { log.run(job) } }
            }
            try await tasks.waitForAll()
        }
        #expect(Set(log.jobs) == Set(0 ..< 60))
    }

    @Test("hands on what the work throws, and goes on")
    func failure() async throws {
        let lane = ComputeLane(label: "test")
        await #expect(throws: Broken.self) { try await lane.run { throw Broken() } }
        #expect(try await lane.run { 1 } == 1)
    }
}

private extension Result where Failure == any Error {
    init(_ work: () async throws -> Success) async {
        do { self = .success(try await work()) } catch { self = .failure(error) }
    }
}
