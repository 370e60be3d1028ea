import ArgumentParser
import Testing
@testable import CommandLineTool

@Suite("Bench arguments") struct BenchArgumentTests {
    @Test("senseless ones are refused with a sentence that names the flag", arguments: [
        (["machine", "--repeat", "0"], "'--repeat'"),
        (["machine", "--repeat", "many"], "many"),
        (["machine", "--threads", "0"], "'--threads'"),
        (["machine", "--threads", "5000"], "'--threads'"),
        (["machine", "--shape"], "--shape"),
        (["no-such-bench"], "no-such-bench"),
    ])
    func refused(arguments: [String], named: String) {
        let error = #expect(throws: (any Error).self) { try BenchCommand.parseAsRoot(arguments) }
        let message = error.map { BenchCommand.fullMessage(for: $0) } ?? ""
        #expect(message.contains(named), "\(message)")
        #expect(error.map { BenchCommand.exitCode(for: $0).rawValue } == 64)
    }

    @Test("every benchmark has five rounds and a table unless told otherwise")
    func defaults() throws {
        let command = try #require(try BenchCommand.parseAsRoot(["machine"]) as? MachineBench)
        #expect(command.options.rounds == 5)
        #expect(!command.options.json)
    }
}
