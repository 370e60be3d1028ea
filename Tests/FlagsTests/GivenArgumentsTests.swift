import ArgumentParser
import Logging
import Testing

@testable import Flags

private struct Serve: ParsableCommand {
    @Option(help: "A port.") var port = 8080
    @Option(name: .shortAndLong, help: "A level.") var logLevel: Logger.Level = .info
    @Flag(help: "More.") var verbose = false
    @Argument(help: "Words.") var words: [String] = []
}

private struct Up: ParsableCommand {
    @Option(parsing: .unconditional, help: "More.") var routerFlags: String?
}

@Suite("Arguments as they are given") struct GivenArgumentsTests {
    @Test(
        "a negative number is a flag's value, not a flag",
        arguments: [
            (["--port", "-1"], ["--port=-1"]), (["--port", "-.5", "a"], ["--port=-.5", "a"]),
            (["--verbose", "-1"], ["--verbose", "-1"]),
            (["--port", "-x"], ["--port", "-x"]), (["--port", "--verbose"], ["--port", "--verbose"]),
            (["--", "--port", "-1"], ["--", "--port", "-1"]),
            (["-1", "--port", "1"], ["-1", "--port", "1"]),
        ])
    func negative(given: [String], expected: [String]) {
        #expect(joiningNegativeNumbers(given, of: Serve.self) == expected)
    }

    @Test("so the parser reads it")
    func read() throws {
        #expect(try Serve.parse(joiningNegativeNumbers(["--port", "-7"], of: Serve.self)).port == -7)
    }

    @Test(
        "an empty value is refused by its flag's name",
        arguments: [
            (["--model", ""], "The value of '--model' is empty."), (["--model="], "The value of '--model' is empty."),
            (["ask", ""], "An argument is empty."),
        ])
    func empty(given: [String], expected: String) {
        let error = #expect(throws: ValidationError.self) { try refuseEmptyArguments(given) }
        #expect(error?.message == expected)
    }

    @Test(
        "what may be empty, or is not, is let through",
        arguments: [["--router-flags", ""], ["--router-flags="], ["--model", "m"], ["--a", "x="], []])
    func notEmpty(given: [String]) throws { try refuseEmptyArguments(given) }

    @Test(
        "who gives a flag of the router's hears where it goes",
        arguments: [
            (
                "--api-keys",
                """
                \nIf it is meant for the router: --router-flags '--api-keys …', or MINIMAX_API_KEYS in the \
                environment.
                """
            ), ("--nonsense", ""),
        ])
    func routerFlag(flag: String, expected: String) throws {
        let error = #expect(throws: (any Error).self) { try Up.parse([flag, "a"]) }
        let complaint = Up.fullMessage(for: try #require(error))
        #expect(hintAboutRouterFlag(in: complaint, of: Up.self, [flag, "a"]) == expected)
        #expect(hintAboutRouterFlag(in: complaint, of: Serve.self, [flag, "a"]) == "")
    }

    @Test("a level that does not exist is answered with those that do")
    func levels() throws {
        let error = #expect(throws: (any Error).self) { try Serve.parse(["--log-level", "loud"]) }
        let text = Serve.fullMessage(for: try #require(error))
        for level in Logger.Level.allCases { #expect(text.contains(level.rawValue)) }
    }
}
