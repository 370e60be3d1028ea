internal import ArgumentParser
internal import Console
internal import Probing

/// The flags of every benchmark.
struct BenchOptions: ParsableArguments {
    @Option(name: .customLong("repeat"), help: "How often each thing is measured; medians are shown.")
    var rounds = 5

    @Flag(help: "Print JSON objects, one a line: name, value, unit, and where there is one ceiling and share.")
    var json = false

    mutating func validate() throws {
        guard (1 ... 1000).contains(rounds) else {
            throw ValidationError("'--repeat' takes a number from 1 to 1000, not \(rounds).")
        }
    }
}

/// The number of threads of a benchmark that runs inside this process.
struct BenchThreads: ParsableArguments {
    @Option(help: "Threads (default: as many as there are cores that this process may use).")
    var threads: Int?

    var count: Int { threads ?? Machine.coreCount }

    mutating func validate() throws {
        if let threads, !(1 ... 512).contains(threads) {
            throw ValidationError("'--threads' takes a number from 1 to 512, not \(threads).")
        }
    }
}
