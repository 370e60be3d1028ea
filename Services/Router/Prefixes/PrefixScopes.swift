/// Gives each request the scope within which it shares prefixes: its API key's, and where it brings a salt, only that
/// of requests with the same salt.
struct PrefixScopes: Sendable {
    /// In the order of the API keys; none where everybody shares.
    private let accounts: [String]

    /// - Parameters:
    ///   - names: of the keys, where they have one. A key that is replaced under its name finds the name's prefixes.
    ///   - areShared: whether all accounts share their prefixes.
    init(apiKeys: [String], names: [String?], areShared: Bool) {
        accounts =
            areShared
            ? []
            : apiKeys.enumerated().map { index, key in
                // Names have no blanks, so no account is another's, with or without a salt.
                (index < names.count ? names[index] : nil).map { "name \($0)" } ?? "key \(Self.digest(ofKey: key))"
            }
    }

    func scope(of account: Int, salt: String?) -> PrefixScope {
        let whose = accounts.indices.contains(account) ? accounts[account] : PrefixScope.everyone.text
        guard let salt else { return PrefixScope(text: whose) }
        return PrefixScope(text: "\(whose) salt \(SHA256.hex(SHA256.digest(Array("cache salt ".utf8) + salt.utf8)))")
    }

    /// How often a key is digested, so that guessing a weak one from a scope takes that much longer.
    private static let rounds = 1000

    private static func digest(ofKey key: String) -> String {
        var digest = Array("prefix scope ".utf8)
        for _ in 0 ..< rounds { digest = SHA256.digest(digest + key.utf8) }
        return SHA256.hex(digest)
    }
}
