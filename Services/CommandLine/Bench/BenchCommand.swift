package import ArgumentParser

/// Measures this machine and what the product makes of it: `minimax bench`.
package struct BenchCommand: AsyncParsableCommand {
    /// Its name, what its help says, and its subcommands.
    package static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure this machine, and how much of it the product uses.",
        discussion: """
            Every figure is a median, and stands beside the ceiling that was measured in turns with it: compare the \
            shares, since bare figures belong to one machine and one moment. Nothing else should run meanwhile.
            """,
        subcommands: [
            MachineBench.self, KernelBench.self, HopBench.self, DecodeBench.self, PrefillBench.self, ThreadsBench.self,
            ServeBench.self, SessionBench.self, FailoverBench.self, DrainBench.self, PlacementBench.self,
            TokenizerBench.self, HopEcho.self,
        ])

    /// The parser makes it.
    package init() {}
}
