package import ArgumentParser
internal import Console
internal import FoundationEssentials

/// Lets every flag also come from an environment variable: `--log-level` from `MINIMAX_LOG_LEVEL`.
///
/// The names are taken from what ArgumentParser tells about a command, so a new flag needs nothing here.
package enum EnvironmentFallback {
    /// What the name of every flag's variable begins with.
    package static let prefix = "MINIMAX_"

    /// The line at the end of every help text.
    package static let helpLine = "Every --flag-name can also be set as \(prefix)FLAG_NAME; the command line wins."

    /// `log-level` becomes `MINIMAX_LOG_LEVEL`.
    package static func variable(for flag: String) -> String {
        prefix + flag.uppercased().replacing("-", with: "_")
    }

    /// One flag of a command, as ArgumentParser describes it.
    package struct Flag: Equatable {
        /// Without its dashes.
        package var name: String
        /// All spellings, with dashes.
        var spellings: [String]
        var takesValue: Bool
        var isRepeating: Bool

        func isPresent(in arguments: [String]) -> Bool {
            arguments.contains { argument in
                spellings.contains { spelling in
                    argument == spelling || argument.hasPrefix(spelling + "=")
                        || (takesValue && spelling.count == 2 && argument.hasPrefix(spelling)
                            && !argument.hasPrefix("--"))
                }
            }
        }

        /// What a variable's value means on the command line. A value that makes no sense is passed on, for the parser
        /// to refuse.
        func arguments(for value: String) -> [String] {
            guard takesValue else {
                switch value.lowercased() {
                case "1", "true", "yes", "on": return ["--\(name)"]
                case "", "0", "false", "no", "off": return []
                default: return ["--\(name)=\(value)"]
                }
            }
            return (isRepeating ? listItems(value).filter { !$0.isEmpty } : [value]).map { "--\(name)=\($0)" }
        }
    }

    /// The flags of `command` that the arguments leave out and the environment gives; a blank variable gives nothing.
    package static func missingFlags(
        of command: any ParsableCommand.Type, arguments: [String], environment: [String: String]
    ) -> [(flag: Flag, value: String)] {
        guard environment.keys.contains(where: { $0.hasPrefix(prefix) }) else { return [] }
        guard let command = selected(command, arguments), !arguments.contains("--help"), !arguments.contains("-h")
        else { return [] }
        let given = arguments.prefix { $0 != "--" }
        return flags(of: command).compactMap { flag in
            guard let value = environment[variable(for: flag.name)].map(trimmed), !flag.isPresent(in: Array(given))
            else { return nil }
            return value.isEmpty ? nil : (flag, value)
        }
    }

    /// Blank keys would let everyone in, where somebody meant to let in a few.
    package static func refuseBlankKeys(
        of command: any ParsableCommand.Type, arguments: [String], environment: [String: String]
    ) throws {
        let names = keyFlags.map(variable).filter { environment[$0].map(trimmed) == "" }
        guard let name = names.first, let command = selected(command, arguments), !arguments.contains("--help"),
            !arguments.contains("-h")
        else { return }
        guard flags(of: command).contains(where: { keyFlags.contains($0.name) }) else { return }
        throw ValidationError(
            """
            \(name) in the environment is blank, which would let everyone in. Give it keys, or unset it if that is \
            what you want.
            """
        )
    }

    /// Of a service, those that say who is let in; `minimax up` hands their variables on to one.
    private static let keyFlags = ["api-keys", "api-keys-file"]

    /// The command that the arguments name; nil when they name none of a command's subcommands.
    static func selected(_ command: any ParsableCommand.Type, _ arguments: [String]) -> (any ParsableCommand.Type)? {
        let subcommands = command.configuration.subcommands
        guard !subcommands.isEmpty else { return command }
        guard let word = arguments.first, let next = subcommands.first(where: { $0._commandName == word }) else {
            return command.configuration.defaultSubcommand
        }
        return selected(next, Array(arguments.dropFirst()))
    }

    /// All flags with a long name but the parser's own.
    static func flags(of command: any ParsableCommand.Type) -> [Flag] {
        struct Dump: Decodable {
            struct Command: Decodable { var arguments: [Argument]? }
            struct Argument: Decodable { var kind: String, isRepeating: Bool, names: [Name]? }
            struct Name: Decodable { var kind: String, name: String }
            var command: Command
        }
        guard let dump = try? JSONDecoder().decode(Dump.self, from: Data(command._dumpHelp().utf8)) else { return [] }
        return (dump.command.arguments ?? []).compactMap { argument in
            let names = argument.names ?? []
            guard argument.kind != "positional", let long = names.first(where: { $0.kind == "long" })?.name else {
                return nil
            }
            guard long != "help", long != "version" else { return nil }
            return Flag(
                name: long, spellings: names.map { ($0.kind == "long" ? "--" : "-") + $0.name },
                takesValue: argument.kind == "option", isRepeating: argument.isRepeating)
        }
    }
}

/// The arguments with `--flag=value` added for every flag of `command` that is not given and whose variable is set.
///
/// A flag that takes no value reads 1/true/yes/on and 0/false/no/off; one that may be repeated reads a list with
/// commas.
package func argumentsWithEnvironment(
    for command: any ParsableCommand.Type, arguments: [String], environment: [String: String]
) -> [String] {
    let added = EnvironmentFallback.missingFlags(of: command, arguments: arguments, environment: environment)
        .flatMap { $0.flag.arguments(for: $0.value) }
    let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
    return Array(arguments[..<end]) + added + Array(arguments[end...])
}
