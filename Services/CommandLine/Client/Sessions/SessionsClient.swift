internal import Console
internal import Foundation
internal import NIOHTTP1

/// Lists and changes the sessions that a router keeps for an API key.
package struct SessionsClient: Sendable {
    /// A place in a session.
    package enum Place: Sendable, Equatable {
        /// Behind so many messages.
        case messages(Int)
        /// Behind so many tokens.
        case tokens(Int)
    }

    /// An answer as it came, and what it says.
    package struct Answer<Value: Decodable & Sendable>: Sendable {
        /// The JSON as it came.
        package let text: String
        /// What it says.
        package let value: Value
    }

    static let path = "/v1/sessions"
    let client: RESTClient
    let headers: HTTPHeaders
    private let limits: RESTClient.Limits

    /// - Parameters:
    ///   - url: of the router's REST API, as `RESTClient` takes it.
    ///   - apiKey: whose sessions are meant; nil where the router asks for none.
    ///   - limits: of each request.
    /// - Throws: `RESTError` where the URL is none.
    package init(url: String, apiKey: String? = nil, limits: RESTClient.Limits = .short) throws {
        client = try RESTClient(url: url)
        headers = apiKey.map { ["authorization": "Bearer \($0)"] } ?? [:]
        self.limits = limits
    }

    /// A page of the sessions, the newest first.
    ///
    /// - Parameter after: the id of the last session of the page before.
    /// - Throws: as all functions here: `RESTError` when there is no answer, `StartError` in the router's words when it
    ///   refuses.
    package func list(limit: Int, after: String? = nil) async throws -> Answer<SessionListReport> {
        let after = after.map { "&after=\(Self.escaped($0))" } ?? ""
        let answer = try await client.get(
            "\(Self.path)?limit=\(limit)\(after)", headers: headers, limits: limits)
        return try read(answer)
    }

    /// One session.
    ///
    /// - Parameter text: whether to tell what its messages say.
    package func session(_ id: String, text: Bool = false) async throws -> Answer<SessionReport> {
        let path = Self.path(of: id) + (text ? "?include=text" : "")
        return try read(try await client.get(path, headers: headers, limits: limits))
    }

    /// A new session that begins with these tokens, which the model reads first.
    package func create(prompt: [Int32]) async throws -> Answer<SessionReport> {
        let body = "{\"prompt\":[\(prompt.map(String.init).joined(separator: ","))]}"
        return try read(
            try await client.post(Self.path, json: Array(body.utf8), headers: headers, limits: limits))
    }

    /// A new session that begins as `id` does, up to `place`; nil: all of it.
    package func fork(_ id: String, at place: Place?) async throws -> Answer<SessionReport> {
        try await post(id, "fork", place)
    }

    /// Cuts a session back.
    package func rewind(_ id: String, to place: Place) async throws -> Answer<SessionReport> {
        try await post(id, "rewind", place)
    }

    /// Deletes a session.
    package func delete(_ id: String) async throws {
        struct Deleted: Decodable { var deleted: Bool }
        let answer = try await client.delete(Self.path(of: id), headers: headers, limits: limits)
        let _: Answer<Deleted> = try read(answer)
    }

    private func post(_ id: String, _ action: String, _ place: Place?) async throws -> Answer<SessionReport> {
        let body =
            switch place {
            case nil: "{}"
            case .messages(let count)?: #"{"messages":\#(count)}"#
            case .tokens(let count)?: #"{"tokens":\#(count)}"#
            }
        return try await post(id, action, body, limits: limits)
    }

    func post<Value: Decodable & Sendable>(
        _ id: String, _ action: String, _ body: String, limits: RESTClient.Limits
    ) async throws -> Answer<Value> {
        try read(
            try await client.post(
                "\(Self.path(of: id))/\(action)", json: Array(body.utf8), headers: headers, limits: limits))
    }

    /// What a person gives as an id becomes one part of the path, whatever it is.
    static func path(of id: String) -> String { "\(path)/\(escaped(id))" }

    private static func escaped(_ text: String) -> String {
        let plain = CharacterSet(charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
        return text.addingPercentEncoding(withAllowedCharacters: plain) ?? ""
    }

    func read<Value: Decodable & Sendable>(_ answer: RESTClient.Answer) throws -> Answer<Value> {
        guard answer.status == 200 else { throw refusal(answer) }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return Answer(text: answer.text, value: try decoder.decode(Value.self, from: Data(answer.body)))
        } catch {
            throw StartError(
                "\(client.address) answers, but not as a router with sessions does: \(answer.text.prefix(200))")
        }
    }

    func refusal(_ answer: RESTClient.Answer) -> StartError {
        struct Refusal: Decodable {
            struct Words: Decodable { var message: String }
            var error: Words
        }
        let words = (try? JSONDecoder().decode(Refusal.self, from: Data(answer.body)))?.error.message
        return StartError("the router answered \(answer.status): \(words ?? String(answer.text.prefix(200)))")
    }
}
