import Records
import Testing

@Suite("Session ids") struct SessionIDTests {
    @Test("a new id has the form of one, and no two are equal")
    func form() {
        let ids = (0 ..< 1000).map { _ in SessionID() }
        #expect(Set(ids).count == 1000)
        for id in ids {
            #expect(id.text.hasPrefix("sess_") && id.text.utf8.count == 29)
            #expect(SessionID(id.text) == id)
        }
    }

    @Test(
        "other texts are no ids",
        arguments: [
            "", "sess_", "sess_12345678901234567890123", "sess_1234567890123456789012345",
            "Sess_123456789012345678901234",
            "sess_12345678901234567890123ö", "sess_12345678901234567890123/", "sess_12345678901234567890123 ",
            "123456789012345678901234sess_",
        ])
    func others(_ text: String) { #expect(SessionID(text) == nil) }
}
