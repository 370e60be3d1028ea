import Testing
import Transport

@testable import Announcing

@Suite("What an operator tells a process that announces itself") struct OperatorTests {
    @Test(
        "addresses of several routers stand behind each other; one bad address spoils the list",
        arguments: [
            ("10.0.0.1:9100", ["10.0.0.1:9100"]), ("a:1,unix:/run/x.sock", ["a:1", "unix:/run/x.sock"]),
            (" a:1 ,\n b:2 ", ["a:1", "b:2"]), ("", nil), ("a:1,", nil), (",a:1", nil), ("a:1,,b:2", nil), ("a", nil),
            ("a:1,b:99999", nil),
        ] as [(String, [String]?)])
    func addresses(text: String, expected: [String]?) {
        #expect(AddressList(argument: text)?.addresses.map(\.description) == expected)
    }

    @Test("a bandwidth that was set is told as it is, and counts for no measurement")
    func setBandwidth() async throws {
        let meter = try await BandwidthMeter(set: 5 << 30, threads: 1, memoryBytes: 1 << 30)
        #expect(meter.figure.bytesPerSecond == 5 << 30 && meter.figure.measurements == 0)
    }
}
