import Foundation
import Synchronization
import Testing

@testable import Tensors

@Suite("The compute threads") struct ComputePoolTests {
    @Test("do each part once, whatever the number of threads and of parts")
    func parts() {
        for threads in [1, 2, 3, 8] {
            let pool = ComputePool(threads: threads)
            for _ in 0 ..< 200 {
                for parts in 0 ... threads {
                    let done = Slots<Int>(count: parts)
                    pool.gather(threads) { count in pool.run(parts, on: count) { done[$0] = (done[$0] ?? 0) + 1 } }
                    #expect(done[0 ..< parts] == Array(repeating: 1, count: parts))
                }
            }
        }
    }

    @Test("wake after they have parked")
    func parking() {
        let pool = ComputePool(threads: 4)
        for pause in [0, 5, 20, 200, 5000] as [UInt32] {
            for _ in 0 ..< 20 {
                usleep(pause)
                let done = Slots<Int>(count: 4)
                pool.gather(4) { count in
                    pool.run(4, on: count) { part in
                        usleep(part == 2 ? pause : 0)
                        done[part] = part
                    }
                }
                #expect(done[0 ..< 4] == [0, 1, 2, 3])
            }
        }
    }

    @Test("do all parts while some of them sleep through the region")
    func lateThreads() {
        let pool = ComputePool(threads: 16)
        for round in 0 ..< 300 {
            if round % 20 == 0 { usleep(2000) }        // all sleep
            let parts = 1 + round * 7 % 200, done = Slots<Int>(count: parts)
            pool.gather(2 + round % 15) { count in
                for _ in 0 ..< 3 { pool.run(parts, on: count) { done[$0] = (done[$0] ?? 0) + 1 } }
            }
            #expect(done[0 ..< parts] == Array(repeating: 3, count: parts))
        }
    }

    @Test("do a region inside a region on the thread that asks")
    func nested() {
        let pool = ComputePool(threads: 3), sums = Slots<Int>(count: 6)
        pool.gather(3) { count in
            pool.run(6, on: count) { part in
                let ids = Slots<pthread_t>(count: 4), own = pthread_self()
                pool.run(4, on: count) { ids[$0] = pthread_self() }
                sums[part] = ids[0 ..< 4].count { $0 == own }
            }
        }
        #expect(sums[0 ..< 6] == Array(repeating: 4, count: 6))
    }

    @Test("serve several callers at once, each with all of its parts")
    func callers() async {
        let pool = ComputePool(threads: 3)
        await withTaskGroup(of: Int.self) { tasks in
            for caller in 0 ..< 6 {
                tasks.addTask {
                    (0 ..< 500).reduce(0) { sum, _ in
                        let done = Slots<Int>(count: 3)
                        pool.gather(3) { count in pool.run(3, on: count) { done[$0] = caller } }
                        return sum + done[0 ..< 3].reduce(0, +)
                    }
                }
            }
            let sum = await tasks.reduce(0, +)
            #expect(sum == 500 * 3 * (0 + 1 + 2 + 3 + 4 + 5))
        }
    }

    @Test("burn nothing while there is nothing to do")
    func idle() async throws {
        let pool = ComputePool(threads: 4), ids = Mutex<Set<Int>>([])
        while ids.withLock({ $0.count < 4 }) {        // a thread may do another's part as well
            pool.gather(4) { count in
                pool.run(4, on: count) { _ in
                    ids.withLock { _ = $0.insert(threadID()) }
                    usleep(1000)
                }
            }
        }
        let threads = ids.withLock { $0.subtracting([threadID()]) }
        try await Task.sleep(for: .milliseconds(20))
        let before = try threads.map(ticks)
        try await Task.sleep(for: .milliseconds(300))
        #expect(try threads.map(ticks) == before)
    }

    /// User and system time of one of this process's threads, in hundredths of a second.
    private func ticks(_ thread: Int) throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/task/\(thread)/stat", encoding: .utf8)
        let fields = text[text.lastIndex(of: ")")!...].split(separator: " ")
        return Int(fields[12])! + Int(fields[13])!
    }

    /// The calling thread's id, as the kernel counts.
    private func threadID() -> Int {
        let link = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self")) ?? ""
        return Int(link.split(separator: "/").last ?? "") ?? 0
    }

    @Test("end with the pool")
    func ending() async throws {
        func count() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count }
        let before = try count()
        for _ in 0 ..< 100 { ComputePool(threads: 5).gather(5) { _ in } }
        for _ in 0 ..< 100 where try count() > before + 200 { try await Task.sleep(for: .milliseconds(20)) }
        #expect(try count() <= before + 200, "400 threads were started")
    }
}
