internal import ArgumentParser

/// How many sequences at a time are measured, and after how long prompts.
struct BatchOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Sequences at a time, each with a prompt of its own; several numbers, with commas, are measured in turns.
            """, valueName: "sequences"))
    var batch = CountList(1)

    @Option(
        help: ArgumentHelp(
            """
            Tokens of a prompt; several numbers, with commas, are measured in turns.
            """, valueName: "tokens"))
    var context: CountList?

    static let batchMax = 512

    mutating func validate() throws {
        guard batch.counts.allSatisfy({ $0 <= Self.batchMax }) else {
            throw ValidationError("'--batch' takes numbers from 1 to \(Self.batchMax), not \(batch.counts.max() ?? 0).")
        }
    }

    /// A router must answer so many at a time, whatever its default is.
    var routerFlags: [String] { Self.routerFlags(batch: batch) }

    static func routerFlags(batch: CountList) -> [String] {
        // Prompts may hold the streams up here: what is measured begins when all prompts are read.
        ["--sequences-max", "\(max(batch.counts.max() ?? 1, 8))", "--inter-token-target-ms", "60000"]
    }

    /// Every batch at every context.
    func cases(contextDefault: Int) -> [Case] {
        (context ?? CountList(contextDefault)).counts.flatMap { context in
            batch.counts.map { Case(context: context, batch: $0) }
        }
    }

    struct Case: Sendable, Equatable, CustomStringConvertible {
        let context: Int
        let batch: Int
        var description: String { "context \(context), batch \(batch)" }
        /// The part of a measurement's name, as `context512.batch1`.
        var name: String { "context\(context).batch\(batch)" }
    }
}
