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
                    pool.run(parts) { done[$0] = (done[$0] ?? 0) + 1 }
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
                pool.run(4) { part in
                    usleep(part == 2 ? pause : 0)       // the asking thread parks, too
                    done[part] = part
                }
                #expect(done[0 ..< 4] == [0, 1, 2, 3])
            }
        }
    }

    @Test("serve several callers at once, each with all of its parts")
    func callers() async {
        let pool = ComputePool(threads: 3)
        await withTaskGroup(of: Int.self) { tasks in
            for caller in 0 ..< 6 {
                tasks.addTask {
                    (0 ..< 500).reduce(0) { sum, _ in
                        let done = Slots<Int>(count: 3)
                        pool.run(3) { done[$0] = caller }
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
        let pool = ComputePool(threads: 4), ids = Slots<Int>(count: 4)
        pool.run(4) { ids[$0] = threadID() }
        try await Task.sleep(for: .milliseconds(20))
        let before = try ids[1 ..< 4].map(ticks)
        try await Task.sleep(for: .milliseconds(300))
        #expect(try ids[1 ..< 4].map(ticks) == before)
        pool.run(4) { _ in }
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
        for _ in 0 ..< 100 { ComputePool(threads: 5).run(5) { _ in } }
        for _ in 0 ..< 100 where try count() > before + 200 { try await Task.sleep(for: .milliseconds(20)) }
        #expect(try count() <= before + 200, "400 threads were started")
    }
}
