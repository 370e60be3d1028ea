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
    /// Asks what the service is and how it stands. Renews the lease of the router's sequences.
    package static var describeAttention: Self { Self(path: "/minimax.cluster.v1/attention/describe") }
}

extension Endpoint where Request == HoldPartRequest, Response == AttentionDescription {
    /// Says which part of attention the service computes from now on. Where that is another part than before, all its
    /// sequences are closed and its kept states dropped from memory. Fails with `failed-precondition` while another
    /// router uses the service for another part, and with `invalid-argument` where the model cannot be cut so.
    package static var holdPart: Self { Self(path: "/minimax.cluster.v1/attention/hold") }
}

extension Endpoint where Request == DigestsRequest, Response == DigestsResponse {
    /// Reads all weights but the experts' and answers their digests. It may take as long as a disk needs for them.
    package static var digestWeights: Self { Self(path: "/minimax.cluster.v1/attention/digests") }
}

extension Endpoint where Request == OpenSequenceRequest, Response == OpenSequenceResponse {
    /// Begins a sequence, empty or from a kept state, and grants it memory. A state on disk is brought into memory
    /// first. Fails with `resource-exhausted` where there is no memory, and with `not-found` where the state is gone or
    /// its file damaged.
    package static var openSequence: Self { Self(path: "/minimax.cluster.v1/sequences/open") }
}

extension Endpoint where Request == GrowSequenceRequest, Response == GrowSequenceResponse {
    /// Grants an open sequence memory for more positions. If there is none the call fails, and the sequence is as it
    /// was.
    package static var growSequence: Self { Self(path: "/minimax.cluster.v1/sequences/grow") }
}

extension Endpoint where Request == CloseSequencesRequest, Response == CloseSequencesResponse {
    /// Ends sequences and frees what they alone hold. Unknown ids are no error.
    package static var closeSequences: Self { Self(path: "/minimax.cluster.v1/sequences/close") }
}

extension Endpoint where Request == KeepStateRequest, Response == KeepStateResponse {
    /// Keeps what a sequence's live state is now. The sequence goes on, or ends with the call. Where it goes on it
    /// needs memory for a copy of what it changes next; if there is none the call fails with `resource-exhausted`, and
    /// nothing is kept. A sequence that ends is closed in any case.
    package static var keepState: Self { Self(path: "/minimax.cluster.v1/states/keep") }
}

extension Endpoint where Request == DropStatesRequest, Response == DropStatesResponse {
    /// Drops kept states, from memory and from disk. Sequences that began from them go on. Unknown ids are no error.
    package static var dropStates: Self { Self(path: "/minimax.cluster.v1/states/drop") }
}

extension Endpoint where Request == StoreStateRequest, Response == StoreStateResponse {
    /// Writes a kept state to disk; one that is there already is not written again. It fails with `resource-exhausted`
    /// where the disk, or what the service may use of it, is full.
    package static var storeState: Self { Self(path: "/minimax.cluster.v1/states/store") }
}

extension Endpoint where Request == ListStatesRequest, Response == ListStatesResponse {
    /// Asks for all states of an owner, but for those without tokens that another router keeps under the same name.
    package static var listStates: Self { Self(path: "/minimax.cluster.v1/states/list") }
}

extension Endpoint where Request == DescribeStateRequest, Response == KeptStateDescription {
    /// Asks what was given with a state when it was kept.
    package static var describeState: Self { Self(path: "/minimax.cluster.v1/states/describe") }
}

extension Endpoint where Request == ExportStateRequest, Response == ExportStateResponse {
    /// Asks for a part of a kept state's file, which is written first if there is none. The parts of one file are equal
    /// for as long as the state is on disk.
    package static var exportState: Self { Self(path: "/minimax.cluster.v1/states/export") }
}

extension Endpoint where Request == ImportStateRequest, Response == ImportStateResponse {
    /// Sends the next part of a kept state's file. With the last part the state is checked and kept in memory; a file
    /// of another checkpoint or arithmetic, of a newer format, damaged or cut short is refused, and so is one that
    /// finds no memory. A file of which nothing more comes for a minute is forgotten.
    package static var importState: Self { Self(path: "/minimax.cluster.v1/states/import") }
}

extension Endpoint where Request == EmbedRequest, Response == EmbedResponse {
    /// Asks for the embeddings of some tokens.
    package static var embed: Self { Self(path: "/minimax.cluster.v1/attention/embed") }
}

extension Endpoint where Request == SublayerRequest, Response == SublayerResponse {
    /// Asks for one layer's attention over the new rows of some sequences, which extends their live states.
    package static var attend: Self { Self(path: "/minimax.cluster.v1/attention/sublayer") }
}

extension Endpoint where Request == HeadRequest, Response == HeadResponse {
    /// Asks for what is needed of some rows' logits to choose tokens, which is seldom all of them. A service answers
    /// for the ids whose rows of the head it has; ids are those of the whole vocabulary everywhere. A logit that is NaN
    /// counts as minus infinity.
    package static var head: Self { Self(path: "/minimax.cluster.v1/attention/head") }
}

extension Endpoint where Request == AnnounceRequest, Response == AnnounceResponse {
    /// Says that an expert host or an attention service lives and can be reached. It sends this about once a second for
    /// as long as it lives; the router connects to `address` and tells it what to hold.
    package static var announce: Self { Self(path: "/minimax.cluster.v1/router/announce") }
}
