internal import ArgumentParser
internal import Flags
internal import NIOCore
internal import Tensors

/// The flags about expert hosts and where experts are placed. Their defaults are those of `ExpertHosts.Config`.
struct ExpertOptions: ParsableArguments {
    private static let usual = ExpertHosts.Config()

    @Option(help: "How many expert hosts to wait for before the first answer. Later, any number will do.")
    var expertHosts = usual.expected

    @Option(
        help: """
            How experts are placed: latency cuts every expert into slices over all hosts, throughput keeps experts \
            whole, auto takes whichever is predicted to be faster.
            """)
    var placement = usual.settings.mode

    @Option(help: "On how many hosts each expert is held.")
    var copies = usual.settings.copies

    @Option(help: "Whether memory that is left holds more copies of the experts that are used most: on or off.")
    var hotCopies: Switch = usual.settings.hotCopies ? .on : .off

    @Option(help: "Seconds of silence on the connection to an expert host, or to attention, until it counts as lost.")
    var hostSilenceSeconds = usual.silence.wholeSeconds

    @Option(help: "Seconds that requests wait for an expert which no host holds, before they fail.")
    var hostWaitSeconds = Int(usual.patience.components.seconds)

    @Option(
        help: """
            For research: the most rows that an expert takes in a step, in multiples of its even share. What is beyond \
            that is left out and counted. 0 leaves nothing out.
            """)
    var capacityFactor = 0.0

    func validate() throws {
        for (value, flag) in [
            (expertHosts, "--expert-hosts"), (hostSilenceSeconds, "--host-silence-seconds"),
            (hostWaitSeconds, "--host-wait-seconds"),
        ] { try requirePositive(value, flag) }
        guard PlacementSettings.copiesRange.contains(copies) else {
            throw ValidationError("--copies is \(copies), expected 1 to \(PlacementSettings.copiesRange.upperBound)")
        }
        guard capacityFactor >= 0, capacityFactor.isFinite else {
            throw ValidationError("--capacity-factor is \(capacityFactor), expected a number of 0 or more")
        }
    }

    /// Nil: no limit.
    var capacity: Double? { capacityFactor > 0 ? capacityFactor : nil }

    /// - Parameter arithmetic: of the whole cluster.
    func config(_ arithmetic: Arithmetic, _ spin: SpinOptions) -> ExpertHosts.Config {
        ExpertHosts.Config(
            expected: expertHosts, arithmetic: arithmetic.rawValue,
            settings: PlacementSettings(mode: placement, copies: copies, hotCopies: hotCopies == .on),
            silence: .seconds(Int64(hostSilenceSeconds)), patience: .seconds(hostWaitSeconds), vigil: spin.eventLoops)
    }
}
