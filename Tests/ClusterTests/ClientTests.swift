import Foundation
import Testing

/// What people call the cluster with, as it is, doing what it does most. The openai and anthropic packages themselves
/// are checked in `RESTTests` and `ResponsesTests`.
@Suite("Clients that people have", .inTurn, .cluster()) struct ClientTests {
    private static let heavy = ProcessInfo.processInfo.environment["TEST_HEAVY_CLIENTS"] == "1"

    private func check(_ script: String, _ client: PythonClient) async throws {
        try await client.check(script, "http://127.0.0.1:\(suiteCluster().port)")
    }

    @Test(
        "each finds everything where it expects it",
        arguments: [
            ("litellm", "litellm"), ("langchain_openai", "langchain"), ("agents", "openai_agents"),
            ("pydantic_ai", "pydantic_ai"), ("llm", "llm"),
        ])
    func client(package: String, script: String) async throws {
        try await check("\(script)_client", PythonClient(package))
    }

    @Test(
        "ten turns of an agent with tools are answered, and each reuses the one before",
        arguments: ["codex", "claude_code"])
    func agent(name: String) async throws {
        // Requests made after theirs, sent and read with what Python itself has.
        try await check("\(name)_client", PythonClient("json"))
    }

    @Test(
        "so do those whose installation is large", .enabled(if: heavy, "TEST_HEAVY_CLIENTS=1 runs them"),
        arguments: [
            ("test-heavy-clients", "lm_eval", "lm_eval"), ("test-heavy-clients", "inspect_ai", "inspect_ai"),
            ("test-heavy-clients", "guidellm", "guidellm"),
            ("test-llama-index", "llama_index.llms.openai_like", "llama_index"),
        ])
    func heavyClient(environment: String, package: String, script: String) async throws {
        let python = Paths.repository.appending(path: ".build/\(environment)/bin/python3").path
        try await check("\(script)_client", PythonClient(package, python: python))
    }
}
