package import ArgumentParser

/// The arguments with `--flag -5` as `--flag=-5`: the parser takes a negative number for a flag, and says that a value
/// is missing.
package func joiningNegativeNumbers(_ arguments: [String], of command: any ParsableCommand.Type) -> [String] {
    func isNegative(_ argument: String) -> Bool {
        argument.hasPrefix("-") && argument.dropFirst().first.map { $0.isASCII && $0.isNumber || $0 == "." } == true
    }
    guard arguments.contains(where: isNegative), let command = EnvironmentFallback.selected(command, arguments) else {
        return arguments
    }
    let flags = Set(EnvironmentFallback.flags(of: command).filter(\.takesValue).map { "--\($0.name)" })
    let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
    let joined = arguments[..<end].reduce(into: [String]()) { joined, argument in
        if isNegative(argument), let last = joined.last, flags.contains(last) {
            joined[joined.count - 1] = "\(last)=\(argument)"
        } else {
            joined.append(argument)
        }
    }
    return joined + arguments[end...]
}

/// Refuses what a script gives whose variable is empty: `--model ""` means no folder that anybody has.
package func refuseEmptyArguments(_ arguments: [String]) throws {
    for (index, argument) in arguments.enumerated() {
        let before = index > 0 ? arguments[index - 1] : ""
        if argument.isEmpty, !mayBeEmpty.contains(before) {
            throw ValidationError(
                before.hasPrefix("--") ? "The value of '\(before)' is empty." : "An argument is empty.")
        }
        if argument.hasPrefix("--"), argument.last == "=", argument.count > 3,
            !mayBeEmpty.contains(String(argument.dropLast()))
        {
            throw ValidationError("The value of '\(argument.dropLast())' is empty.")
        }
    }
}

/// Lists of further flags, which scripts put together.
private let mayBeEmpty: Set = ["--router-flags"]

/// Where a person gives a command a flag of the router's: how to pass it on. Empty where the parser complains of
/// something else.
package func hintAboutRouterFlag(
    in complaint: String, of command: any ParsableCommand.Type, _ arguments: [String]
) -> String {
    guard let flag = complaint.firstMatch(of: /Unknown option '--([a-z-]+)/)?.1,
        KnownVariables.flags.contains(String(flag))
    else { return "" }
    guard let command = EnvironmentFallback.selected(command, arguments),
        EnvironmentFallback.flags(of: command).contains(where: { $0.name == "router-flags" })
    else { return "" }
    return
        """
        \nIf it is meant for the router: --router-flags '--\(flag) …', or \
        \(EnvironmentFallback.variable(for: String(flag))) in the environment.
        """
}
