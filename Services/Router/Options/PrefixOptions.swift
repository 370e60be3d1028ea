internal import ArgumentParser
internal import Chat
internal import Flags
internal import Tokenizer

/// The flags about prefixes that several requests have in common. Their defaults are those of `PrefixConfig` and
/// `FrontConfig`.
struct PrefixOptions: ParsableArguments {
    private static let usual = PrefixConfig()

    @Option(
        help: """
            Whether a request goes on from what was computed for an earlier one that begins with the same tokens: on \
            or off. Answers are the same either way.
            """)
    var prefixReuse: Switch = usual.keeping.isOn ? .on : .off

    @Option(
        help: """
            While a long prompt is read, attention keeps a state each time so many tokens have been computed; 0: only \
            at the ends of messages, prompts and answers, and where prompts were seen to part.
            """)
    var keepEvery = usual.keeping.keepEvery

    @Flag(
        help: """
            Let requests with different API keys share prefixes. The time until an answer begins can then tell one \
            what another has asked.
            """)
    var sharePrefixes = FrontConfig().sharesPrefixes

    @Flag(
        help: """
            Put the tools of a chat behind its system message instead of behind all messages, so that later turns need \
            not compute them again. The model was not trained on this order.
            """)
    var toolsFirst = false

    @Option(
        help: """
            Under which name attention keeps this router's states, also from one start to the next. Routers that share \
            an attention service need different names.
            """)
    var name = usual.owner

    func validate() throws {
        guard keepEvery == 0 || keepEvery >= Self.keepEveryMin else {
            throw ValidationError("--keep-every is \(keepEvery), expected 0, or \(Self.keepEveryMin) or more")
        }
        guard (1 ... Self.nameLengthMax).contains(name.utf8.count), name.utf8.allSatisfy(Self.isNameByte) else {
            throw ValidationError(
                """
                --name is '\(name.prefix(Self.nameLengthMax))', expected 1 to \(Self.nameLengthMax) letters, digits, \
                '-', '_' and '.'
                """)
        }
    }

    var config: PrefixConfig {
        PrefixConfig(keeping: KeepPolicy(isOn: prefixReuse == .on, keepEvery: keepEvery), owner: name)
    }

    var toolPlace: ChatTemplate.ToolPlace { toolsFirst ? .behindSystem : .behindMessages }

    /// Each state takes megabytes; one for every few tokens would leave no memory for anything else.
    private static let keepEveryMin = 64
    private static let nameLengthMax = 64

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a") ... UInt8(ascii: "z"), UInt8(ascii: "A") ... UInt8(ascii: "Z"),
            UInt8(ascii: "0") ... UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
