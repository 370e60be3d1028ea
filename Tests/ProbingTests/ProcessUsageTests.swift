import Foundation
import Probing
import Testing

@Suite("Process usage") struct ProcessUsageTests {
    @Test("this process has memory, descriptors and a start in the past")
    func own() throws {
        let usage = try #require(ProcessUsage.ofThisProcess())
        #expect(usage.anonymousBytes > 0)
        #expect(usage.residentBytes > usage.anonymousBytes)
        #expect(usage.virtualBytes > usage.residentBytes)
        #expect(usage.openDescriptors > 2)
        #expect(usage.startTime > 1.6e9 && usage.startTime <= Date().timeIntervalSince1970 + 1)
    }

    @Test("a process that does not exist has no usage")
    func none() {
        #expect(ProcessUsage(processID: 0x7FFF_FFFF) == nil)
    }

    @Test("the context switches of threads that have ended still count")
    func switches() async throws {
        let before = try #require(ContextSwitches.ofThisProcess()), naps = 20
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                for _ in 0 ..< naps { usleep(1000) }
                continuation.resume()
            }
        }
        let after = try #require(ContextSwitches.ofThisProcess())
        #expect(after.voluntary - before.voluntary >= naps)
        #expect(after.involuntary >= before.involuntary)
    }
}
