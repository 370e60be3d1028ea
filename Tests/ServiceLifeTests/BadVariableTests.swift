import ArgumentParser
import Testing

@testable import Flags
@testable import ServiceLife
@testable import TypedCalls

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

    @Test("blank API keys are refused by name, since they would let everyone in", arguments: ["", " \n"])
    func blankKeys(value: String) throws {
        func refuse(_ arguments: [String], _ environment: [String: String]) throws {
            try EnvironmentFallback.refuseBlankKeys(of: Guarded.self, arguments: arguments, environment: environment)
        }
        let error = #expect(throws: ValidationError.self) { try refuse([], ["MINIMAX_API_KEYS": value]) }
        #expect(
            error?.message.hasPrefix("MINIMAX_API_KEYS in the environment is blank, which would let everyone in.")
                == true)
        #expect(Guarded.exitCode(for: try #require(error)) == .validationFailure)
        try refuse([], ["MINIMAX_API_KEYS": "a"])
        try refuse([], [:])
        try refuse(["--help"], ["MINIMAX_API_KEYS": value])
        try EnvironmentFallback.refuseBlankKeys(of: Serve.self, arguments: [], environment: ["MINIMAX_API_KEYS": value])
    }
}

private struct Guarded: ParsableCommand {
    @Option(help: "Keys.") var apiKeys: String?
}
