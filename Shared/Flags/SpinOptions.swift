package import ArgumentParser
package import NIOCore
internal import Probing

/// For how long threads look for the next call before they sleep.
package struct SpinOptions: ParsableArguments {
    /// How long threads poll for the next call, in microseconds; nil: as long as suits what the process may use.
    @Option(
        help: ArgumentHelp(
            """
            How long threads poll for the next call before they sleep, in microseconds, since waking a thread takes \
            longer than a short call. By default 300 for threads that receive calls, or 0 where a control group allows \
            less than two cores. Compute threads have the same where the process has cores of its own, else 0.
            """, valueName: "microseconds"))
    package var spinMicroseconds: Int?

    /// The parser makes it and fills it in.
    package init() {}

    /// Refuses times that are negative or longer than a second.
    package func validate() throws {
        guard (0 ... 1_000_000).contains(spinMicroseconds ?? 0) else {
            throw ValidationError("--spin-microseconds is \(spinMicroseconds ?? 0), expected 0 to 1000000")
        }
    }

    /// How long event loops look. Their threads give the core to any other that wants it after each look, so they may
    /// share it.
    package var eventLoops: TimeAmount { spinMicroseconds.map { .microseconds(Int64($0)) } ?? Self.eventLoopsByDefault }

    /// How long event loops look where no flag says otherwise.
    package static var eventLoopsByDefault: TimeAmount {
        .microseconds(Int64(automatic(quota: Machine.processorQuota)))
    }

    /// How long compute threads look. There are as many of them as cores, so they do it only where no other process of
    /// the cluster needs these cores. Even there they sleep while other processes compute a layer: two cores of a
    /// virtual machine are often halves of one, and a thread that looks on one half slows the other half down.
    package var computeThreads: Duration {
        .microseconds(spinMicroseconds ?? (Machine.hasOwnCores ? Self.automatic(quota: Machine.processorQuota) : 0))
    }

    /// - Parameter quota: cores that a control group allows; nil: all.
    static func automatic(quota: Double?) -> Int { (quota ?? .infinity) < 2 ? 0 : 300 }
}
