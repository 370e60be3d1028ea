// Made by Shared/CMessages/generate: edit cluster.proto, then run that.

extension Endpoint where Request == HoldRequest, Response == HoldResponse {
    /// Tells a host to hold more units. It brings their weights into memory, then answers, and serves them from then
    /// on. Holding what is held already is no error; a call for no units asks whether the host is well.
    package static var holdExperts: Self { Self(path: "/minimax.cluster.v1/experts/hold") }
}

extension Endpoint where Request == RetainRequest, Response == RetainResponse {
    /// Tells a host which of the units that it holds for this router to keep; it drops the others. Calls under way end
    /// well.
    package static var retainExperts: Self { Self(path: "/minimax.cluster.v1/experts/retain") }
}

extension Endpoint where Request == ExpertRequest, Response == ExpertResponse {
    /// Asks a host to compute token groups of one layer.
    package static var runExperts: Self { Self(path: "/minimax.cluster.v1/experts/run") }
}

extension Endpoint where Request == DescribeRequest, Response == AttentionDescription {
    /// Asks what the service is and how it stands. Renews the lease of the router's sessions.
    package static var describeAttention: Self { Self(path: "/minimax.cluster.v1/attention/describe") }
}

extension Endpoint where Request == DigestsRequest, Response == DigestsResponse {
    /// Reads all weights but the experts' and answers their digests. It may take as long as a disk needs for them.
    package static var digestWeights: Self { Self(path: "/minimax.cluster.v1/attention/digests") }
}

extension Endpoint where Request == OpenSessionRequest, Response == OpenSessionResponse {
    /// Reserves memory for a session.
    package static var openSession: Self { Self(path: "/minimax.cluster.v1/attention/open") }
}

extension Endpoint where Request == GrowSessionRequest, Response == GrowSessionResponse {
    /// Reserves memory for more positions of an open session. If there is none the call fails, and the session is as it
    /// was.
    package static var growSession: Self { Self(path: "/minimax.cluster.v1/attention/grow") }
}

extension Endpoint where Request == CloseSessionsRequest, Response == CloseSessionsResponse {
    /// Frees sessions. Unknown ids are no error. Parked sessions are closed as well.
    package static var closeSessions: Self { Self(path: "/minimax.cluster.v1/attention/close") }
}

extension Endpoint where Request == ParkSessionRequest, Response == ParkSessionResponse {
    /// Moves a session's state from memory to the service's disk and gives back what was reserved for it. Until it is
    /// resumed, other calls that name it fail, but for close, which discards it. If the state cannot be written, the
    /// call fails and the session stays in memory.
    package static var parkSession: Self { Self(path: "/minimax.cluster.v1/attention/park") }
}

extension Endpoint where Request == ResumeSessionRequest, Response == ResumeSessionResponse {
    /// Reserves memory for a parked session, as open does and with open's error where there is none, and brings its
    /// state back, byte for byte. If the call fails the session stays parked, unless the state on disk is damaged: then
    /// the error says that it is lost, and the session is no more.
    package static var resumeSession: Self { Self(path: "/minimax.cluster.v1/attention/resume") }
}

extension Endpoint where Request == EmbedRequest, Response == EmbedResponse {
    /// Asks for the embeddings of some tokens.
    package static var embed: Self { Self(path: "/minimax.cluster.v1/attention/embed") }
}

extension Endpoint where Request == SublayerRequest, Response == SublayerResponse {
    /// Asks for one layer's attention over the new rows of some sessions, which extends their state.
    package static var attend: Self { Self(path: "/minimax.cluster.v1/attention/sublayer") }
}

extension Endpoint where Request == LogitsRequest, Response == LogitsResponse {
    /// Asks for the logits of some rows.
    package static var logits: Self { Self(path: "/minimax.cluster.v1/attention/logits") }
}

extension Endpoint where Request == StateRequest, Response == StateResponse {
    /// Asks for a lightning layer's state after the session's last token, decayed to it. For inspection and comparison.
    package static var lightningState: Self { Self(path: "/minimax.cluster.v1/attention/state") }
}

extension Endpoint where Request == AnnounceRequest, Response == AnnounceResponse {
    /// Says that an expert host lives and can be reached. A host sends it about once a second for as long as it lives;
    /// the router connects to `address` and tells it what to hold.
    package static var announce: Self { Self(path: "/minimax.cluster.v1/router/announce") }
}
