import ArgumentParser
import Console
import Flags
import Logging
import Testing

private struct Serve: ParsableCommand {
    @Option(help: "A port.") var port = 8080
    @Option(name: .shortAndLong, help: "Files.") var file: [String] = []
    @OptionGroup var service: ServiceOptions
    @Argument var words: [String] = []
}

private struct Tool: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "tool", subcommands: [Serve.self])
}

@Suite("Environment fallback") struct EnvironmentFallbackTests {
    private func arguments(_ given: [String], _ environment: [String: String]) -> [String] {
        argumentsWithEnvironment(for: Serve.self, arguments: given, environment: environment)
    }

    @Test("a variable gives the flag that the command line leaves out")
    func gives() throws {
        let parsed = try Serve.parse(
            arguments([], ["MINIMAX_PORT": "9", "MINIMAX_LOG_LEVEL": "debug", "MINIMAX_ADMIN": "127.0.0.1:1"]))
        #expect(parsed.port == 9)
        #expect(parsed.service.logLevel == .debug)
        #expect("\(parsed.service.admin)" == "127.0.0.1:1")
    }

    @Test("a flag on the command line wins, however it is written", arguments: [["--port", "1"], ["--port=1"]])
    func flagWins(given: [String]) throws {
        #expect(arguments(given, ["MINIMAX_PORT": "9"]) == given)
    }

    @Test("a short spelling counts as given", arguments: [["-f", "a"], ["-fa"]])
    func shortWins(given: [String]) {
        #expect(arguments(given, ["MINIMAX_FILE": "b"]) == given)
    }

    @Test("variables that belong to no flag are ignored")
    func unknown() {
        #expect(arguments(["x"], ["MINIMAX_NOTHING": "1", "PORT": "9", "MINIMAX_HELP": "1", "MINIMAX_": "1"]) == ["x"])
    }

    @Test(
        "a switch reads the usual words",
        arguments: [("1", true), ("TRUE", true), ("on", true), ("0", false), ("", false), ("no", false)])
    func switches(value: String, expected: Bool) throws {
        #expect(try Serve.parse(arguments([], ["MINIMAX_EXIT_WITH_PARENT": value])).service.exitWithParent == expected)
    }

    @Test("a switch with a word that means nothing is refused")
    func badSwitch() {
        #expect(throws: (any Error).self) { try Serve.parse(arguments([], ["MINIMAX_EXIT_WITH_PARENT": "perhaps"])) }
    }

    @Test("a blank variable is as if unset, whatever its flag takes", arguments: ["", " ", "\n"])
    func blank(value: String) throws {
        #expect(arguments([], ["MINIMAX_PORT": value, "MINIMAX_FILE": value, "MINIMAX_EXIT_WITH_PARENT": value]) == [])
    }

    @Test("blanks and line ends around a value do not count")
    func ends() throws {
        #expect(
            try Serve.parse(arguments([], ["MINIMAX_PORT": " 9\n", "MINIMAX_FILE": "a, b c\n"])).file == ["a", "b c"])
        #expect(listItems(" a,b ,\tc\n") == ["a", "b", "c"])
        #expect(listItems("a,,b") == ["a", "", "b"])
    }

    @Test("a repeatable flag reads a list with commas")
    func lists() throws {
        #expect(try Serve.parse(arguments([], ["MINIMAX_FILE": "a,b c"])).file == ["a", "b c"])
    }

    @Test("what follows a double dash stays what it is")
    func terminator() throws {
        let parsed = try Serve.parse(arguments(["--", "--port", "1"], ["MINIMAX_PORT": "9"]))
        #expect(parsed.port == 9)
        #expect(parsed.words == ["--port", "1"])
    }

    @Test("the flags are those of the subcommand that is named")
    func subcommands() {
        func arguments(_ given: [String]) -> [String] {
            argumentsWithEnvironment(for: Tool.self, arguments: given, environment: ["MINIMAX_PORT": "9"])
        }
        #expect(arguments(["serve"]) == ["serve", "--port=9"])
        #expect(arguments([]) == [])
        #expect(arguments(["help", "serve"]) == ["help", "serve"])
        #expect(arguments(["serve", "--help"]) == ["serve", "--help"])
    }
}
