import Testing

@testable import Tokenizer

@Suite("Spelling of tokens") struct SpellingTests {
    @Test("every token is spelled as the file has it: looked up again, it is the same", arguments: Fixtures.names)
    func roundTrip(name: String) throws {
        let tokenizer = try Fixtures.tokenizer(name)
        var count = 0
        for id in Int32(0) ..< Int32(tokenizer.vocabularyCount) {
            guard let spelling = tokenizer.spelling(of: id) else {
                #expect(tokenizer.bytes(of: id) == nil)
                continue
            }
            #expect(tokenizer.id(of: spelling) == id, "\(id): \(spelling)")
            count += 1
        }
        #expect(count > 0)
        #expect(tokenizer.spelling(of: -1) == nil && tokenizer.spelling(of: .max) == nil)
    }
}
