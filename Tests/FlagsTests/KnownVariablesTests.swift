import Testing

@testable import Flags

@Suite("Variables that nothing knows") struct KnownVariablesTests {
    private func unknown(_ names: String...) -> [String] {
        KnownVariables.unknown(in: Dictionary(uniqueKeysWithValues: names.map { ($0, "1") }))
    }

    @Test("flags' names, and those of other programs, are no news")
    func known() { #expect(unknown("MINIMAX_SEQUENCES_MAX", "MINIMAX_PUBLISH", "PATH", "MINIMAXED") == []) }

    @Test(
        "a name that nothing knows is told, with the one that was meant",
        arguments: [
            ("MINIMAX_SEQUENCE_MAX", "MINIMAX_SEQUENCES_MAX"), ("MINIMAX_APIKEYS", "MINIMAX_API_KEYS"),
            ("MINIMAX_LOGLEVEL", "MINIMAX_LOG_LEVEL"),
        ])
    func near(name: String, meant: String) {
        #expect(
            unknown(name) == ["\(name) in the environment is no flag of any program and does nothing; is it \(meant)?"])
    }

    @Test("one that resembles nothing is told without a guess")
    func far() {
        #expect(
            unknown("MINIMAX_ZZZZZZZZ") == [
                "MINIMAX_ZZZZZZZZ in the environment is no flag of any program and does nothing"
            ])
    }

    @Test("many, or long ones, do not fill the log")
    func many() {
        let names = (0 ..< 100).map { ("MINIMAX_" + String(repeating: "Q", count: 500) + "\($0)", "") }
        let found = KnownVariables.unknown(in: Dictionary(uniqueKeysWithValues: names))
        #expect(found.count == 8)
        #expect(found.allSatisfy { $0.utf8.count < 250 })
    }
}
