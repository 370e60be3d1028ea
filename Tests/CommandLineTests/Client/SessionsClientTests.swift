import Console
import Testing
import Transport

@testable import ClusterClient

@Suite("Sessions client") struct SessionsClientTests {
    private func answer<Result: Sendable>(
        _ status: String, _ body: String, _ ask: @Sendable (SessionsClient) async throws -> Result
    ) async throws -> Result {
        try await ScriptedServer.run(.init(pieces: [PlanSamples.response(status, body)])) { address in
            try await ask(SessionsClient(url: "http://\(address)", limits: .init(total: .seconds(120))))
        }
    }

    @Test("a session is read with all that a router tells of it")
    func whole() async throws {
        let session = try await answer("200 OK", SessionSamples.session) { try await $0.session("sess_a", text: true) }
        #expect(session.text == SessionSamples.session)
        let value = session.value
        #expect(value.id == "sess_a" && value.lastUsed == 1_700_000_060 && value.metadata == ["title": "t"])
        #expect(value.messages?.map(\.position) == [5, 9] && value.messages?.map(\.text) == ["Hi", nil])
        #expect(value.parents == [.init(id: "sess_b", tokens: 3)])
        #expect(value.bytesInMemory == 2048 && value.bytesOnDisk == 0)
    }

    @Test("a new session is read as others are")
    func created() async throws {
        let made = try await answer("200 OK", SessionSamples.session) { try await $0.create(prompt: [7, 8]) }
        #expect(made.value.id == "sess_a" && made.value.tokens == 9)
    }

    @Test("a refusal is told in the router's words, and what is no router with sessions is named")
    func refusals() async throws {
        let refusal = #"{"error":{"message":"No session has the id 'x'.","type":"invalid_request_error"}}"#
        let error = await #expect(throws: StartError.self) {
            try await answer("404 Not Found", refusal) { try await $0.delete("x") }
        }
        #expect(error?.description == "the router answered 404: No session has the id 'x'.")
        let foreign = await #expect(throws: StartError.self) {
            try await answer("200 OK", "[]") { _ = try await $0.list(limit: 1) }
        }
        #expect(foreign?.description.hasSuffix("answers, but not as a router with sessions does: []") == true)
    }
}
