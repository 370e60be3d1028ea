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
        try requireRange("--repeat", rounds, 1 ... 1000)
    }
}

/// The number of threads of a benchmark that runs inside this process.
struct BenchThreads: ParsableArguments {
    @Option(help: "Threads (default: as many as there are cores that this process may use).")
    var threads: Int?

    var count: Int { threads ?? Machine.coreCount }

    mutating func validate() throws {
        if let threads { try requireRange("--threads", threads, 1 ... 512) }
    }
}

/// Refuses a number that a flag does not take.
func requireRange(_ flag: String, _ value: Int, _ range: ClosedRange<Int>) throws {
    guard !range.contains(value) else { return }
    throw ValidationError("'\(flag)' takes a number from \(range.lowerBound) to \(range.upperBound), not \(value).")
}
