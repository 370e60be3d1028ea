/// How the router shares its steps among sequences.
struct ScheduleConfig: Sendable {
    var limits = Scheduler.Limits()
    /// Most prompt tokens in one pass; it bounds the size of messages.
    var promptRowsMax = 1024
    /// How long prompts may keep running answers waiting for their next token.
    var paceTarget = PromptPace.Target.timesUndisturbed(2)
    var overlap = OverlapMode.auto
}
