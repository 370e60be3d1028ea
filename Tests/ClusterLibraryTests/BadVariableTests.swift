import ArgumentParser
import Testing
@testable import Cluster

private struct Serve: ParsableCommand {
    @Option(help: "A port.") var port = 8080
    @Option(help: "A width.") var width = 1
}

@Suite("Bad values in the environment") struct BadVariableTests {
    private func message(_ arguments: [String], _ environment: [String: String]) throws -> String {
        let error = #expect(throws: (any Error).self) {
            try Serve.parse(argumentsWithEnvironment(for: Serve.self, arguments: arguments, environment: environment))
        }
        return namingVariables(in: Serve.fullMessage(for: try #require(error)), Serve.self, arguments, environment)
    }

    @Test("the complaint names the variable")
    func named() throws {
        let text = try message([], ["MINIMAX_PORT": "many", "MINIMAX_WIDTH": "2"])
        #expect(text.hasPrefix("Error: MINIMAX_PORT in the environment: The value 'many' is invalid for '--port"))
    }

    @Test("a complaint about the command line blames no variable")
    func notNamed() throws {
        let text = try message(["--port", "many"], ["MINIMAX_WIDTH": "2"])
        #expect(!text.contains("MINIMAX_"))
    }
}
