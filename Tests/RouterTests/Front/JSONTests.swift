import Testing

@testable import Router

@Suite("JSON") struct JSONTests {
    @Test("minus infinity, which JSON lacks, goes out as -9999")
    func infinity() {
        #expect(JSON.logprob(-.infinity).text() == "-9999.0")
        #expect(JSON.logprob(-0.5).text() == "-0.5")
    }
}
