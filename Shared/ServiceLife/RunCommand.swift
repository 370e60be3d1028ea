package import ArgumentParser
internal import Console
internal import Flags
internal import FoundationEssentials

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// The `main` of every program: `static func main() async { await runCommand(Self.self) }`.
///
/// Flags may come from the environment (`EnvironmentFallback`). Exit codes: 0; 64 with a usage line for a command line
/// that makes no sense; 1 with one line on standard error for everything that fails later; 141 where nobody reads the
/// output any more.
package func runCommand<Command: AsyncParsableCommand>(_ command: Command.Type) async -> Never {
    guardStandardStreams()
    let arguments = joiningNegativeNumbers(Array(CommandLine.arguments.dropFirst()), of: command)
    let environment = ProcessInfo.processInfo.environment
    do {
        try refuseEmptyArguments(arguments)
        try EnvironmentFallback.refuseBlankKeys(of: command, arguments: arguments, environment: environment)
        var parsed = try command.parseAsRoot(
            argumentsWithEnvironment(for: command, arguments: arguments, environment: environment))
        if var parsed = parsed as? any AsyncParsableCommand { try await parsed.run() } else { try parsed.run() }
        exit(0)
    } catch let code as ExitCode {
        exit(code.rawValue)
    } catch {
        let code = command.exitCode(for: error)        // 1 for every error that is none of the parser's
        var text = command.fullMessage(for: error)
        while text.last == "\n" { text.removeLast() }
        switch code {
        case .success:
            do {
                try printToStandardOutput(text + (text.contains("USAGE:") ? "\n\n" + EnvironmentFallback.helpLine : ""))
            } catch { exit(complain(error, as: command)) }
        case .failure: exit(complain(error, as: command))
        default:
            writeToStandardError(
                namingVariables(in: text, command, arguments, environment)
                    + hintAboutRouterFlag(in: text, of: command, arguments) + "\n")
        }
        exit(code.rawValue)
    }
}

/// Says in one line why a command failed.
///
/// - Returns: its exit code.
private func complain(_ error: any Error, as command: any ParsableCommand.Type) -> CInt {
    if let code = error as? ExitCode { return code.rawValue }
    let line = "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
    writeToStandardError("\(command._commandName): \(line)\n")
    return EXIT_FAILURE
}

/// Says which environment variable a complaint of the parser is about, since the reader never typed the flag.
func namingVariables(
    in message: String, _ command: any ParsableCommand.Type, _ arguments: [String], _ environment: [String: String]
) -> String {
    let used = EnvironmentFallback.missingFlags(of: command, arguments: arguments, environment: environment)
    guard !used.isEmpty else { return message }
    var lines = message.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let blamed = used.filter { lines[0].contains("'--\($0.flag.name)") }
    guard !blamed.isEmpty else { return message }
    let names = blamed.map { EnvironmentFallback.variable(for: $0.flag.name) }.joined(separator: ", ")
    let mark = "Error: "
    lines[0] =
        """
        \(mark)\(names) in the environment: \
        \(lines[0].hasPrefix(mark) ? String(lines[0].dropFirst(mark.count)) : lines[0])
        """
    return lines.joined(separator: "\n")
}
