internal import ArgumentParser
internal import Benchmarks
internal import Console
internal import Flags
internal import Foundation
internal import ServiceLife

/// The command a person types.
@main struct Minimax: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "minimax",
        abstract: "Serves MiniMax-01 language models from many small machines.",
        discussion: """
            A first session:
              minimax inspect compose/models/demo
              minimax up --model compose/models/demo --expert-hosts 2
              minimax ask "What is the password of the old bridge?" --file compose/examples/sense-and-sensibility.txt
            """,
        version: productVersion,
        subcommands: [
            UpCommand.self, AskCommand.self, SessionsCommand.self, PlanCommand.self, HealthCommand.self,
            InspectCommand.self,
            SynthCommand.self, QuantizeCommand.self, DigestCommand.self, QualityCommand.self, BenchCommand.self,
        ])

    static func main() async {
        for unknown in KnownVariables.unknown(in: ProcessInfo.processInfo.environment) {
            writeToStandardError("minimax: warning: \(unknown)\n")
        }
        await runCommand(Self.self)
    }
}
