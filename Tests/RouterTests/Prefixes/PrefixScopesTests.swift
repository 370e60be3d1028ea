import Testing

@testable import Router

@Suite("Scopes of prefixes") struct PrefixScopesTests {
    private static let keys = ["secret-one", "secret-two", "secret-three"]

    @Test("each API key and each salt has a scope of its own, and all of them say nothing of secrets")
    func apart() {
        let scopes = PrefixScopes(apiKeys: Self.keys, names: [nil, "Ann", nil], areShared: false)
        let all = Self.keys.indices.flatMap { account in
            [nil, "blue", "red"].map { scopes.scope(of: account, salt: $0) }
        }
        #expect(Set(all).count == 9)
        for scope in all {
            #expect(!scope.text.contains("secret") && !scope.text.contains("blue") && !scope.text.contains("red"))
        }
    }

    @Test("a scope is the same after a restart, wherever its key then stands in the list")
    func stable() {
        let before = PrefixScopes(apiKeys: Self.keys, names: [nil, nil, nil], areShared: false)
        let after = PrefixScopes(apiKeys: Self.keys.reversed(), names: [nil, nil, nil], areShared: false)
        for salt in [nil, "blue"] {
            #expect(before.scope(of: 0, salt: salt) == after.scope(of: 2, salt: salt))
        }
        // States on disk carry these texts: another version must not spell them otherwise.
        let digest = "c0a41580c079f0d04c8617d40562ccd377bcf796ca1e009946bf8ebead9b9e6c"
        #expect(before.scope(of: 0, salt: nil).text == "key \(digest)")
        #expect(
            before.scope(of: 0, salt: "blue").text
                == "key \(digest) salt 9dd89e5279a6d04e4a864b1eeeb3ed84972de01789df25d65758c26f4c4eebac")
    }

    @Test("a key that is replaced under its name keeps the name's scope")
    func renewed() {
        let before = PrefixScopes(apiKeys: ["old"], names: ["Ann"], areShared: false)
        let after = PrefixScopes(apiKeys: ["other", "new"], names: ["Bob", "Ann"], areShared: false)
        #expect(before.scope(of: 0, salt: nil) == after.scope(of: 1, salt: nil))
        #expect(before.scope(of: 0, salt: nil) != after.scope(of: 0, salt: nil))
    }

    @Test("where accounts share, and where there are no keys, only salts tell requests apart")
    func shared() {
        let scopes = PrefixScopes(apiKeys: Self.keys, names: ["Ann", nil, nil], areShared: true)
        let open = PrefixScopes(apiKeys: [], names: [], areShared: false)
        #expect(scopes.scope(of: 0, salt: nil) == .everyone)
        #expect(scopes.scope(of: 2, salt: nil) == .everyone)
        #expect(open.scope(of: 0, salt: nil) == .everyone)
        #expect(scopes.scope(of: 0, salt: "blue") == scopes.scope(of: 1, salt: "blue"))
        #expect(scopes.scope(of: 0, salt: "blue") != scopes.scope(of: 0, salt: "red"))
        #expect(scopes.scope(of: 0, salt: "blue") != .everyone)
    }
}
