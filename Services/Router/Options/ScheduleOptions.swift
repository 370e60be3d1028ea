internal import ArgumentParser
internal import Flags
internal import Transport
internal import TypedCalls

/// The flags that decide which requests run, and how a step is made. Their defaults are those of `ScheduleConfig` and
/// `Scheduler.Limits`.
struct ScheduleOptions: ParsableArguments {
    private static let usual = ScheduleConfig()

    @Option(help: "How many sequences are answered at a time.")
    var sequencesMax = usual.limits.placesMax

    @Option(help: "How many sequences may wait for a place. Beyond them clients get 429.")
    var queueMax = usual.limits.waitingMax

    @Option(help: "Most prompt tokens that are carried through the model in one pass.")
    var prefillTokensMax = usual.promptRowsMax

    @Option(
        help: """
            Prompts are read in pieces between the tokens of running answers. This is how many milliseconds may pass \
            between two tokens of an answer because of them. 0: at most twice what passes without them.
            """)
    var interTokenTargetMs = 0

    @Option(
        help: """
            Whether the rows of a step go through the model in two groups, one in attention while the other is with \
            the experts: on, off, or auto, which measures both.
            """)
    var overlap = usual.overlap

    @Option(
        help: """
            Every so many seconds after its arrival, a request that waits counts as one class more urgent. The class \
            (low, normal, high) decides who begins next; the age does not decide who makes room.
            """)
    var ageingSeconds = Int(usual.limits.ageing.components.seconds)

    func validate() throws {
        try requireNotNegative(queueMax, "--queue-max")
        try requireNotNegative(interTokenTargetMs, "--inter-token-target-ms")
        for (value, flag) in [
            (sequencesMax, "--sequences-max"), (prefillTokensMax, "--prefill-tokens-max"),
            (ageingSeconds, "--ageing-seconds"),
        ] { try requirePositive(value, flag) }
        guard prefillTokensMax <= RPCLimits.rowsPerCallMax else {
            throw ValidationError(
                "--prefill-tokens-max is \(prefillTokensMax), expected at most \(RPCLimits.rowsPerCallMax)")
        }
    }

    /// - Parameter weights: of the API keys, in their order.
    func config(weights: [Double]) -> ScheduleConfig {
        ScheduleConfig(
            limits: Scheduler.Limits(
                placesMax: sequencesMax, waitingMax: queueMax, weights: weights.isEmpty ? [1] : weights,
                ageing: .seconds(ageingSeconds)),
            promptRowsMax: prefillTokensMax,
            paceTarget: interTokenTargetMs == 0 ? .timesUndisturbed(2) : .absolute(.milliseconds(interTokenTargetMs)),
            overlap: overlap)
    }
}
