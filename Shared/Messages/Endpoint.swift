/// A call between processes: where it goes, what it takes and what it gives. `cluster.proto` describes each.
package struct Endpoint<Request: WireMessage, Response: WireMessage>: Sendable {
    package let path: String

    private init(_ name: String) { path = "/minimax.cluster.v1/\(name)" }
}

extension Endpoint where Request == HoldRequest, Response == HoldResponse {
    package static var holdExperts: Self { Self("experts/hold") }
}
extension Endpoint where Request == RetainRequest, Response == RetainResponse {
    package static var retainExperts: Self { Self("experts/retain") }
}
extension Endpoint where Request == ExpertRequest, Response == ExpertResponse {
    package static var runExperts: Self { Self("experts/run") }
}
extension Endpoint where Request == DescribeRequest, Response == AttentionDescription {
    package static var describeAttention: Self { Self("attention/describe") }
}
extension Endpoint where Request == DigestsRequest, Response == DigestsResponse {
    package static var digestWeights: Self { Self("attention/digests") }
}
extension Endpoint where Request == OpenSessionRequest, Response == OpenSessionResponse {
    package static var openSession: Self { Self("attention/open") }
}
extension Endpoint where Request == GrowSessionRequest, Response == GrowSessionResponse {
    package static var growSession: Self { Self("attention/grow") }
}
extension Endpoint where Request == CloseSessionsRequest, Response == CloseSessionsResponse {
    package static var closeSessions: Self { Self("attention/close") }
}
extension Endpoint where Request == ParkSessionRequest, Response == ParkSessionResponse {
    package static var parkSession: Self { Self("attention/park") }
}
extension Endpoint where Request == ResumeSessionRequest, Response == ResumeSessionResponse {
    package static var resumeSession: Self { Self("attention/resume") }
}
extension Endpoint where Request == EmbedRequest, Response == EmbedResponse {
    package static var embed: Self { Self("attention/embed") }
}
extension Endpoint where Request == SublayerRequest, Response == SublayerResponse {
    package static var attend: Self { Self("attention/sublayer") }
}
extension Endpoint where Request == LogitsRequest, Response == LogitsResponse {
    package static var logits: Self { Self("attention/logits") }
}
extension Endpoint where Request == StateRequest, Response == StateResponse {
    package static var lightningState: Self { Self("attention/state") }
}
extension Endpoint where Request == AnnounceRequest, Response == AnnounceResponse {
    package static var announce: Self { Self("router/announce") }
}
