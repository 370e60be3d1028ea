import Flags
import Foundation
import JSON
import Testing

/// What commands do where their output, or a text that they read, is no ordinary file.
@Suite("Pipes and full disks", .serialized, .inTurn, .cluster()) struct OutputTests {
    /// Runs a line of the shell in which `$minimax`, `$demo` and `$url` stand for what they say.
    private func shell(_ line: String, environment: [String: String] = [:]) async throws -> Tool.Result {
        let port = try #require(RESTCluster.current).port
        let names = [
            "minimax": try Paths.program("minimax").path, "demo": Paths.demo, "url": "http://127.0.0.1:\(port)",
        ]
        return try await Tool.run("bash", ["-c", line], environment: names.merging(environment) { $1 })
    }

    private static let commands = [
        "inspect $demo", "inspect $demo --json", "ask 'Who are you?' --url $url --max-tokens 4",
        "bench machine --repeat 1 --threads 1", "--help",
    ]

    @Test(
        "what a full disk does not take is no success, and is told in one sentence",
        arguments: commands + ["up --model $demo --port 0"])
    func full(command: String) async throws {
        let result = try await shell("$minimax \(command) > /dev/full")
        #expect(result.status == 1)
        #expect(
            result.output.hasSuffix("minimax: standard output cannot be written: No space left on device\n"),
            "\(result.output)")
    }

    @Test(
        "a closed standard output is no success either, and nothing else gets what was meant for it",
        arguments: commands + ["up --model $demo --port 0"])
    func closed(command: String) async throws {
        let result = try await shell("$minimax \(command) >&-")
        #expect(result.status == 1)
        #expect(result.output.hasSuffix("minimax: standard output is closed\n"), "\(result.output)")
    }

    @Test("a reader that has gone is no news: not a word, and the status of SIGPIPE", arguments: commands)
    func brokenPipe(command: String) async throws {
        let result = try await shell("exec 3> >(exec true); wait $!; $minimax \(command) >&3; echo status $?")
        #expect(result.output.split(separator: "\n").last == "status 141", "\(result.output)")
        #expect(
            !result.output.contains("NSCocoaErrorDomain") && !result.output.contains("minimax:"), "\(result.output)")
    }

    @Test(
        "a document may come through a pipe, as from <(command) or standard input",
        arguments: ["--file <(cat $text)", "--file - < $text", "--file $text"])
    func document(flags: String) async throws {
        try await Paths.withFolder { folder in
            try Data("The password is 4711.\n".utf8).write(to: URL(filePath: "\(folder)/text"))
            let result = try await shell(
                "$minimax ask 'What is the password?' --url $url \(flags) 2> /dev/null",
                environment: ["text": "\(folder)/text"])
            #expect(result.status == 0)
            #expect(!result.output.isEmpty)
        }
    }

    @Test("a closed standard input is no document")
    func noInput() async throws {
        let result = try await shell("$minimax ask q --url $url --file - <&-")
        #expect(result.status == 1)
        #expect(result.output == "minimax: --file - cannot be read: Bad file descriptor\n")
    }

    @Test("a file's name never steers the terminal that it is told on")
    func names() async throws {
        let result = try await shell("$minimax inspect $'/no/\\e[2J\\xc2\\x9b\\xe2\\x80\\xae'")
        #expect(result.status == 1)
        #expect(result.output.contains(#"/no/\u001b[2J\u009b\u202e"#), "\(result.output)")
        #expect(!result.output.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{9B}" || $0 == "\u{202E}" })
    }

    @Test("every flag of every program is a known variable, so that none is taken for a mistake")
    func variables() async throws {
        struct Dump: Decodable {
            struct Command: Decodable { var arguments: [Argument]?, subcommands: [Command]? }
            struct Argument: Decodable { var kind: String, names: [Name]? }
            struct Name: Decodable { var kind: String, name: String }
            var command: Command
        }
        func flags(_ command: Dump.Command) -> Set<String> {
            let own = (command.arguments ?? []).filter { $0.kind != "positional" }.flatMap { $0.names ?? [] }.filter {
                $0.kind == "long"
            }.map(\.name)
            return Set(own).union((command.subcommands ?? []).flatMap { flags($0) })
        }
        var found: Set<String> = []
        for program in ["router", "attention", "expert-host", "minimax"] {
            let dump = try await Tool.run(Paths.program(program).path, ["--experimental-dump-help"])
            found.formUnion(flags(try JSONDecoder().decode(Dump.self, from: Data(dump.output.utf8)).command))
        }
        found.subtract(["help", "version"])
        #expect(found.subtracting(KnownVariables.flags).sorted() == [], "not in KnownVariables")
        #expect(KnownVariables.flags.subtracting(found).sorted() == [], "in KnownVariables, but no flag")
    }
}
