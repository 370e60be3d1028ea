/// The API keys of the front. Comparing takes the same time wherever a wrong key differs.
struct Authorization: Sendable {
    private let keys: [[UInt8]]

    private let names: [String?]

    /// - Parameter names: what the log calls each of the keys, where it has a name.
    init(keys: [String], names: [String?] = []) {
        self.keys = keys.map { Array($0.utf8) }
        self.names = names
    }

    var asksForKeys: Bool { !keys.isEmpty }

    /// How the log calls a key; never the key itself.
    func name(of account: Int) -> String { (account < names.count ? names[account] : nil) ?? "key-\(account + 1)" }

    /// - Parameters:
    ///   - header: the value of the request's `Authorization`, if it had one.
    ///   - apiKey: that of its `x-api-key`, as Anthropic's clients send it. Of two keys, one has to be right: a client
    ///     may have another one for another server in its environment.
    /// - Returns: the index of its key; 0 where everybody is let in.
    func account(_ header: String?, apiKey: String? = nil) throws(APIError) -> Int {
        guard !keys.isEmpty else { return 0 }
        if let apiKey, let account = account(ofKey: Array(apiKey.utf8)) { return account }
        guard let header else {
            guard apiKey == nil else { throw .wrongKey("Incorrect API key provided.") }
            throw .wrongKey(
                "You didn't provide an API key. Send it as 'Authorization: Bearer YOUR_KEY' or 'x-api-key: YOUR_KEY'.")
        }
        // One or more blanks stand between scheme and key (RFC 9110, section 11.4).
        let parts = header.split(maxSplits: 1) { $0 == " " || $0 == "\t" }
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw .wrongKey("Malformed Authorization header. Send 'Authorization: Bearer YOUR_KEY'.")
        }
        let given = Array(parts[1].utf8.drop { $0 == 0x20 || $0 == 0x09 })
        guard let account = account(ofKey: given) else { throw .wrongKey("Incorrect API key provided.") }
        return account
    }

    /// No early exit: which key matched, and how far a wrong one did, must not show in the time.
    private func account(ofKey given: [UInt8]) -> Int? {
        var account: Int?
        for (index, key) in keys.enumerated() where Self.equal(key, given) { account = index }
        return account
    }

    private static func equal(_ key: [UInt8], _ given: [UInt8]) -> Bool {
        var difference = key.count ^ given.count
        for index in key.indices {
            let other = given.isEmpty ? 0 : given[index % given.count]
            difference |= Int(key[index] ^ other)
        }
        return difference == 0
    }
}
