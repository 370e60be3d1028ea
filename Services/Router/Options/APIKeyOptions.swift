internal import ArgumentParser
internal import Console

/// The flags that say who may use the API, and which share each has.
struct APIKeyOptions: ParsableArguments {
    @Option(
        help: """
            API keys that clients may use, separated by commas. Without any, everyone is let in. Other users of this \
            machine can see flags, so the environment or a file is a better place.
            """)
    var apiKeys: String?

    @Option(
        help: ArgumentHelp(
            """
            File of the API keys that clients may use: one in each line, after a name and a space if it shall have a \
            name. Lines that begin with # are ignored.
            """, valueName: "file"))
    var apiKeysFile: String?

    @Option(
        help: """
            The weight of each API key where requests compete, separated by commas, in the order of the keys (in a \
            file: of its lines). A key with weight 2 gets twice the share of one with weight 1, the default.
            """)
    var apiKeyWeights: String?

    func validate() throws {
        guard apiKeys == nil || apiKeysFile == nil else {
            throw ValidationError("--api-keys and --api-keys-file are both given; one of them is meant")
        }
        guard apiKeyWeights == nil || apiKeys != nil || apiKeysFile != nil else {
            throw ValidationError(
                "--api-key-weights is given without --api-keys or --api-keys-file, whose weights it tells")
        }
        if apiKeysFile == nil { _ = try weights(of: keys()) }
    }

    /// The keys of the list or of the file.
    func keys() throws -> [APIKeys.Key] {
        if let apiKeysFile {
            let text = try TextFile.text(apiKeysFile, "--api-keys-file", maxBytes: 1 << 20)
            return try APIKeys(lines: text, place: "--api-keys-file \(apiKeysFile)").keys
        }
        do { return try apiKeys.map { try APIKeys(list: $0).keys } ?? [] } catch { throw ValidationError("\(error)") }
    }

    /// One weight for each key, all above zero.
    func weights(of keys: [APIKeys.Key]) throws -> [Double] {
        guard let apiKeyWeights else { return keys.map { _ in 1 } }
        let texts = listItems(apiKeyWeights)
        guard texts.count == keys.count else {
            throw ValidationError(
                "--api-key-weights has \(texts.count) numbers, expected \(keys.count): one for each API key")
        }
        return try texts.map { text in
            guard let weight = Double(text), weight > 0, weight.isFinite else {
                throw ValidationError("--api-key-weights has '\(text)', expected a number above 0")
            }
            return weight
        }
    }
}
