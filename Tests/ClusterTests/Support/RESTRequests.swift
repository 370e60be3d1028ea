import Foundation
import JSON
import NIOHTTP1

@testable import ClusterClient
@testable import Router

/// Requests to the REST front, as tests write them.
extension RESTCluster {
    struct Reply: Sendable {
        let status: Int
        let json: JSONValue
        /// The choices' texts, of either endpoint.
        var texts: [String] {
            (0 ..< json["choices"].count).map {
                json["choices"]?[$0]?["text"]?.text ?? json["choices"]?[$0]?["message"]?["content"]?.text ?? ""
            }
        }
        var text: String { texts.first ?? "" }
        var finish: String? { json["choices"]?[0]?["finish_reason"]?.text }
        var error: JSONValue? { json["error"] }
        var errorCode: String? { error?["code"]?.text }
        var errorParam: String? { error?["param"]?.text }
        var errorMessage: String { error?["message"]?.text ?? "" }
    }

    /// A streamed answer.
    struct Stream: Sendable {
        var raw = ""
        /// The data of its events, without `[DONE]`.
        var events: [JSONValue] = []
        var isDone = false

        func text(of index: Int = 0) -> String {
            events.flatMap { event in (0 ..< event["choices"].count).compactMap { event["choices"]?[$0] } }
                .filter { $0["index"]?.int == index }
                .map { $0["text"]?.text ?? $0["delta"]?["content"]?.text ?? "" }.joined()
        }
        var finish: String? { events.compactMap { $0["choices"]?[0]?["finish_reason"]?.text }.last }
    }

    static let chatPath = "/v1/chat/completions", completionsPath = "/v1/completions"
    private static let limits = RESTClient.Limits(silence: .seconds(120))

    func get(_ path: String) async throws -> Reply {
        let answer = try await rest.get(path)
        return Reply(status: answer.status, json: try JSONReader.read(answer.body))
    }

    func post(_ path: String, _ body: JSONValue) async throws -> Reply { try await post(path, text: body.text()) }

    func post(_ path: String, text: String) async throws -> Reply { try await post(path, bytes: Array(text.utf8)) }

    func post(_ path: String, bytes: [UInt8]) async throws -> Reply {
        let answer = try await rest.post(path, json: bytes, limits: Self.limits)
        return Reply(status: answer.status, json: try JSONReader.read(answer.body))
    }

    /// A chat answer to one question, greedy unless `more` says otherwise.
    func chat(_ question: String, maxTokens: Int = 16, _ more: [JSONValue.Member] = []) async throws -> Reply {
        try await post(Self.chatPath, Self.chatBody(question, maxTokens: maxTokens, more))
    }

    /// A completion of token ids or text, greedy unless `more` says otherwise.
    func complete(_ prompt: JSONValue, maxTokens: Int = 16, _ more: [JSONValue.Member] = []) async throws -> Reply {
        try await post(Self.completionsPath, Self.completionBody(prompt, maxTokens: maxTokens, more))
    }

    static func chatBody(_ question: String, maxTokens: Int, _ more: [JSONValue.Member] = []) -> JSONValue {
        body("messages", [["role": "user", "content": .string(question)]], maxTokens, more)
    }

    static func completionBody(_ prompt: JSONValue, maxTokens: Int, _ more: [JSONValue.Member] = []) -> JSONValue {
        body("prompt", prompt, maxTokens, more)
    }

    /// Later members win over earlier ones.
    private static func body(
        _ name: String, _ value: JSONValue, _ maxTokens: Int, _ more: [JSONValue.Member]
    ) -> JSONValue {
        .object(
            [
                .init("model", "demo"), .init(name, value), .init("max_tokens", .int(maxTokens)),
                .init("temperature", .int(0)),
            ] + more)
    }

    /// Reads a stream until it ends, or until `enough` says so: then the client hangs up.
    ///
    /// - Throws: where the answer is no stream.
    func stream(
        _ path: String, _ body: JSONValue, headers: HTTPHeaders = [:],
        until enough: @Sendable (Stream) async throws -> Bool = { _ in false }
    ) async throws -> Stream {
        guard case .object(let members) = body else { throw SupportError("a body that is no object") }
        let bytes = Array(JSONValue.object(members + [.init("stream", .bool(true))]).text().utf8)
        return try await rest.request(.POST, path, headers: headers, body: bytes, limits: Self.limits) { head, body in
            var stream = Stream(), reader = ServerSentEvents()
            for try await piece in body {
                stream.raw += String(decoding: piece, as: UTF8.self)
                for event in try reader.append(piece) {
                    if event.data == "[DONE]" {
                        stream.isDone = true
                    } else {
                        stream.events.append(try JSONReader.read(Array(event.data.utf8)))
                    }
                }
                if try await enough(stream) { return stream }
            }
            guard head.status == 200 else { throw SupportError("no stream but \(head.status): \(stream.raw)") }
            return stream
        }
    }
}

extension JSONValue.Member {
    init(_ name: String, _ value: JSONValue) { self.init(name: name, value: value) }
}

extension JSONValue {
    var text: String? { if case .string(let text) = self { text } else { nil } }
    var int: Int? { if case .number(let digits) = self { Int(digits) } else { nil } }
    var double: Double? { if case .number(let digits) = self { Double(digits) } else { nil } }
    var elements: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }
    var count: Int { elements?.count ?? 0 }

    subscript(_ index: Int) -> JSONValue? { elements.flatMap { $0.indices.contains(index) ? $0[index] : nil } }

    /// Without the members that differ from one answer to the next, as how much of the prompt was reused does:
    /// whatever is left must be the same for the same request.
    var withoutIdentity: JSONValue {
        without(["id", "created", "prompt_tokens_details"])
    }

    /// A session without what is told of its states, which come and go.
    var withoutStates: JSONValue { without(["states", "bytes_in_memory", "bytes_on_disk"]) }

    /// Without the members of these names, at any depth of objects.
    private func without(_ names: Set<String>) -> JSONValue {
        guard case .object(let members) = self else { return self }
        return .object(members.filter { !names.contains($0.name) }.map { .init($0.name, $0.value.without(names)) })
    }

    static func ids(_ ids: some Sequence<some BinaryInteger>) -> JSONValue { .array(ids.map { .int($0) }) }
}

extension JSONValue? {
    var count: Int { self?.count ?? 0 }
}
