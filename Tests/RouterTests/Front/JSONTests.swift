import JSON
import Testing

@testable import Router

@Suite("JSON") struct JSONTests {
    @Test("minus infinity, which JSON lacks, goes out as -9999")
    func infinity() {
        #expect(JSONValue.logprob(-.infinity).text() == "-9999.0")
        #expect(JSONValue.logprob(-0.5).text() == "-0.5")
    }
}
