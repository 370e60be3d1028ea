import Foundation
import Testing

/// What `/openapi.json` and `/docs` say, held against what a real cluster does.
@Suite("The API's reference over a real cluster", .serialized, .inTurn, .cluster(router: ["--api-keys", "sk-test"]))
struct APIReferenceTests {
    @Test("the document is valid, the page is whole, and real answers of every format are as documented")
    func answers() async throws {
        let result = try await run("schema_client.py", needing: ["openapi_spec_validator", "jsonschema"], ["sk-test"])
        #expect(result.status == 0 && result.output.contains(" 0 failed"), "\(result.output)")
    }

    @Test("whatever the document allows or forbids is answered as it says, and never by a server error")
    func cases() async throws {
        let count = ProcessInfo.processInfo.environment["SCHEMATHESIS_CASES"] ?? "600"
        let result = try await run("schema_run.py", needing: ["schemathesis"], [count, "sk-test"])
        #expect(result.status == 0 && result.output.contains(" 0 failed"), "\(result.output)")
    }

    /// Runs a program of `Tests/Reference` against the suite's cluster.
    private func run(
        _ script: String, needing packages: [String], _ arguments: [String]
    ) async throws -> Tool.Result {
        let python = ProcessInfo.processInfo.environment["MINIMAX_TEST_PYTHON"] ?? "python3"
        let probe = try await Tool.run(python, ["-c", "import " + packages.joined(separator: ", ")])
        try #require(probe.status == 0, "\(python) lacks packages that Tests/run installs:\n\(probe.output)")
        let path = Paths.repository.appending(path: "Tests/Reference/\(script)").path
        return try await Tool.run(python, [path, "http://127.0.0.1:\(try suiteCluster().port)"] + arguments)
    }
}
