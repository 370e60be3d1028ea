internal import AdminMessages
internal import ArgumentParser
internal import Flags

/// The flags about attention services and how attention is spread over them.
struct AttentionOptions: ParsableArguments {
    @Option(help: "How many attention services to wait for before the first answer. Later, any number will do.")
    var attentionHosts = 1

    @Option(
        help: """
            Into how many parts attention is cut: each part is a service of its own, all of them together compute a \
            token. More parts are faster for one sequence; services that are left make replicas, which hold more \
            sequences. auto takes what is predicted to be fastest.
            """)
    var attentionParts = AttentionPartsGoal.auto

    @OptionGroup var keyValues: KeyValueOptions

    var config: RouterConfig.Attention {
        RouterConfig.Attention(parts: attentionParts, expected: attentionHosts, keyValues: keyValues.kv)
    }

    func validate() throws { try requirePositive(attentionHosts, "--attention-hosts") }
}
