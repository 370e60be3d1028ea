import Foundation
import JSON
import NIOHTTP1
import TestSupport

@testable import ClusterClient

/// Sessions and their snapshots, as a client of the REST API with a key sees them.
struct SnapshotClient: Sendable {
    let cluster: RESTCluster
    var key: String?

    private static let limits = RESTClient.Limits(silence: .seconds(120))

    private func headers(_ more: [String: String]) -> HTTPHeaders {
        var headers = HTTPHeaders(more.map { ($0.key, $0.value) })
        if let key { headers.add(name: "authorization", value: "Bearer \(key)") }
        return headers
    }

    /// - Returns: the id of a new session of these tokens.
    func create(_ tokens: [Int]) async throws -> String {
        let body: JSONValue = ["prompt": .ids(tokens)]
        let answer = try await cluster.rest.post(
            "/v1/sessions", json: Array(body.text().utf8), headers: headers([:]), limits: Self.limits)
        return try Self.id(answer)
    }

    private static func id(_ answer: RESTClient.Answer) throws -> String {
        guard answer.status == 200, let id = try JSONReader.read(answer.body)["id"]?.text else {
            throw SupportError("no session but \(answer.status): \(answer.text)")
        }
        return id
    }

    func get(_ path: String) async throws -> JSONValue {
        try JSONReader.read(try await cluster.rest.get(path, headers: headers([:]), limits: Self.limits).body)
    }

    /// Has the state stored.
    func store(_ id: String) async throws -> JSONValue {
        let answer = try await cluster.rest.post(
            "/v1/sessions/\(id)/snapshot", json: [], headers: headers([:]), limits: Self.limits)
        guard answer.status == 200 else { throw SupportError("no snapshot but \(answer.status): \(answer.text)") }
        return try JSONReader.read(answer.body)
    }

    func download(_ id: String, _ more: [String: String] = [:]) async throws -> RESTClient.Answer {
        try await cluster.rest.get("/v1/sessions/\(id)/snapshot", headers: headers(more), limits: Self.limits)
    }

    func upload(_ file: [UInt8]) async throws -> RESTClient.Answer {
        try await cluster.rest.post(
            "/v1/sessions", json: file, headers: headers(["content-type": "application/octet-stream"]),
            limits: Self.limits)
    }

    func restore(_ file: [UInt8]) async throws -> String { try Self.id(try await upload(file)) }

    /// What a client sees of 64 tokens with which a session goes on, and how many of its tokens were not computed.
    func transcript(of id: String) async throws -> (transcript: Transcript, cached: Int) {
        let body = RESTCluster.transcriptBody(maxTokens: 64, [.init("session_id", .string(id))])
        let stream = try await cluster.stream(RESTCluster.completionsPath, body, headers: headers([:]))
        let usage = stream.events.last?["usage"]
        return (Transcript(stream), usage?["prompt_tokens_details"]?["cached_tokens"]?.int ?? -1)
    }
}
