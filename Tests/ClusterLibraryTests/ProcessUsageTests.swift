import Cluster
import Foundation
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
}
