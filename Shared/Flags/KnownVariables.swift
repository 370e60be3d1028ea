/// The names of the environment that mean something to one of the programs; a `MINIMAX_` name that is none of them is a
/// mistake, as a rule.
package enum KnownVariables {
    /// All flags of all programs, since a folder's `.env` or a shell serves them together.
    package static let flags: Set<String> = Set(
        """
        admin admit-wait-seconds ageing-seconds announce answer-tokens api-key api-key-weights api-keys
        api-keys-file arithmetic attention attention-hosts attention-parts batch bodies-max-mib body-max-mib
        body-rate-min call-timeout-seconds capacity-factor capacity-seconds check columns connections-max
        chat-template context context-length control copies cors-origins data disk-max-mib drain drain-seconds duration
        exit-with-parent expert-hosts file folder force gate-skew hang-ups head-seconds host
        host-silence-seconds host-wait-seconds hot-copies idle-seconds inter-token-target-ms json
        keep-alive-seconds keep-every keep-stored-days kernels keys kv layers limit listen live load log-folder
        log-format log-level lose max-tokens memory-max-mib messages mode model model-name name no-pins
        number-states-folder orphan-seconds out outputs overlap parts pin pin-cores placement port prefill
        prefill-tokens-max prefix-reuse prompt-tokens questions queue-max rate read-bandwidth-mib records
        repeat requests rounds router router-flags scale seed sequences-max sessions shape share-prefixes
        slow-readers softmax-every spin-microseconds stall-seconds states-folder streams target-itl
        target-ttft temperature text threads threads-list timeout-seconds to tokens tools-first trace
        trust-special-tokens undrain url verbose vocabulary
        """.split(whereSeparator: \.isWhitespace).map(String.init))

    /// What only `compose/compose.yaml` and the tests read.
    private static let others: Set = [
        "MINIMAX_ATTENTION_READ_BANDWIDTH_MIB", "MINIMAX_HEALTH_INTERVAL", "MINIMAX_HOST_MEMORY_MAX_MIB",
        "MINIMAX_HOST_READ_BANDWIDTH_MIB", "MINIMAX_PUBLISH", "MINIMAX_STOP_GRACE_PERIOD", "MINIMAX_TEST_PYTHON",
    ]

    /// A sentence for each name that nothing knows, in order; a few at most.
    package static func unknown(in environment: [String: String]) -> [String] {
        let known = others.union(flags.map(EnvironmentFallback.variable))
        let unknown = environment.keys.filter { $0.hasPrefix(EnvironmentFallback.prefix) && !known.contains($0) }
        return unknown.sorted().prefix(sentencesMax).map { name in
            let name = String(name.prefix(nameLengthMax))
            let hint = nearest(to: name, among: known).map { "; is it \($0)?" } ?? ""
            return "\(name) in the environment is no flag of any program and does nothing\(hint)"
        }
    }

    private static let sentencesMax = 8, nameLengthMax = 100

    /// The known name that takes the fewest changes, where that is few: a letter or two, or one word of several.
    private static func nearest(to name: String, among known: Set<String>) -> String? {
        let found = known.sorted().map { ($0, distance(Array($0.utf8), Array(name.utf8))) }.min { $0.1 < $1.1 }
        guard let (nearest, changes) = found,
            changes <= max(2, (name.utf8.count - EnvironmentFallback.prefix.utf8.count) / 3)
        else { return nil }
        return nearest
    }

    /// Bytes to be put in, taken out or changed (Levenshtein).
    private static func distance(_ one: [UInt8], _ other: [UInt8]) -> Int {
        var row = Array(0 ... other.count)
        for (index, byte) in one.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in other.indices {
                let above = row[column + 1]
                row[column + 1] = min(above + 1, row[column] + 1, diagonal + (byte == other[column] ? 0 : 1))
                diagonal = above
            }
        }
        return row[other.count]
    }
}
