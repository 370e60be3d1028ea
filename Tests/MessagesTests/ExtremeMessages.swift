import Messages

/// Messages of every type with nothing in them, which are empty on the wire, and with the largest values there are.
let extremeMessages: [AnyMessage] = emptyMessages + largestMessages

private let emptyMessages: [AnyMessage] = [
    AnyMessage(HoldRequest(router: "", modelFingerprint: "", planVersion: 0, units: [])),
    AnyMessage(HoldResponse(heldBytes: 0)),
    AnyMessage(RetainRequest(router: "", units: [])),
    AnyMessage(RetainResponse(heldBytes: 0)),
    AnyMessage(ExpertRequest(layer: 0, hidden: [], groups: [])),
    AnyMessage(ExpertResponse(outputs: [])),
    AnyMessage(DescribeRequest()),
    AnyMessage(
        AttentionDescription(
            modelFingerprint: "", kernels: "", memoryBudgetBytes: 0, arithmetic: "", othersBytes: 0,
            stalledMilliseconds: 0)),
    AnyMessage(DigestsRequest()),
    AnyMessage(DigestsResponse(digests: [])),
    AnyMessage(OpenSessionRequest(session: 0, tokensMax: 0)),
    AnyMessage(OpenSessionResponse(reservedBytes: 0)),
    AnyMessage(GrowSessionRequest(session: 0, tokensMax: 0)),
    AnyMessage(GrowSessionResponse(reservedBytes: 0)),
    AnyMessage(CloseSessionsRequest(sessions: [], all: false)),
    AnyMessage(CloseSessionsResponse(closed: 0)),
    AnyMessage(ParkSessionRequest(session: 0)),
    AnyMessage(ParkSessionResponse(parkedBytes: 0)),
    AnyMessage(ResumeSessionRequest(session: 0)),
    AnyMessage(ResumeSessionResponse(reservedBytes: 0)),
    AnyMessage(EmbedRequest(tokens: [])),
    AnyMessage(EmbedResponse(hidden: [])),
    AnyMessage(SublayerRequest(layer: 0, spans: [], hidden: [])),
    AnyMessage(SublayerResponse(partial: [], squares: [])),
    AnyMessage(LogitsRequest(hidden: [])),
    AnyMessage(LogitsResponse(logits: [])),
    AnyMessage(StateRequest(session: 0, layer: 0)),
    AnyMessage(StateResponse(state: [])),
    AnyMessage(
        AnnounceRequest(
            name: "", instance: "", address: "", modelFingerprint: "", kernels: "", threads: 0, draining: false,
            arithmetic: "", memoryBytes: 0, readBandwidth: 0, machine: "")),
    AnyMessage(AnnounceResponse(router: "", planVersion: 0, released: false)),
]

private let largestMessages: [AnyMessage] = [
    AnyMessage(
        HoldRequest(
            router: text, modelFingerprint: text, planVersion: .max,
            units: slices.map {
                ExpertUnit(layer: small, expert: small, slice: $0)
            }, withDigests: true)),
    AnyMessage(
        HoldResponse(
            heldBytes: .max, digests: [WeightDigest(low: .max, high: .max), WeightDigest(low: 0, high: 0)])),
    AnyMessage(RetainRequest(router: text, units: [ExpertUnit(layer: small, expert: small)])),
    AnyMessage(RetainResponse(heldBytes: .max)),
    AnyMessage(
        ExpertRequest(
            layer: small, hidden: values,
            groups: slices.map {
                TokenGroup(expert: small, slice: $0, rows: [0, .max])
            })),
    AnyMessage(ExpertResponse(outputs: values)),
    AnyMessage(DescribeRequest(router: .max)),
    AnyMessage(
        AttentionDescription(
            modelFingerprint: text, kernels: text, memoryBudgetBytes: .max, arithmetic: text, othersBytes: .max,
            stalledMilliseconds: small, weightsCopy: text)),
    AnyMessage(DigestsResponse(digests: [WeightDigest(low: 0x0123_4567_89AB_CDEF, high: 0xFEDC_BA98_7654_3210)])),
    AnyMessage(OpenSessionRequest(router: .max, session: .max, tokensMax: .max)),
    AnyMessage(OpenSessionResponse(reservedBytes: .max)),
    AnyMessage(GrowSessionRequest(router: .max, session: .max, tokensMax: .max)),
    AnyMessage(GrowSessionResponse(reservedBytes: .max)),
    AnyMessage(CloseSessionsRequest(router: .max, sessions: [0, 0, .max], all: true)),
    AnyMessage(CloseSessionsResponse(closed: small)),
    AnyMessage(ParkSessionRequest(router: .max, session: .max)),
    AnyMessage(ParkSessionResponse(parkedBytes: .max)),
    AnyMessage(ResumeSessionRequest(router: .max, session: .max, tokensMax: .max)),
    AnyMessage(ResumeSessionResponse(reservedBytes: .max)),
    AnyMessage(EmbedRequest(tokens: [.max, 0, 128])),
    AnyMessage(EmbedResponse(hidden: values)),
    AnyMessage(
        SublayerRequest(
            router: .max, layer: small,
            spans: [
                SessionSpan(session: .max, start: .max, count: small), SessionSpan(session: 0, start: 0, count: 0),
            ], hidden: values)),
    AnyMessage(SublayerResponse(partial: values, squares: values)),
    AnyMessage(LogitsRequest(hidden: values)),
    AnyMessage(LogitsResponse(logits: values)),
    AnyMessage(StateRequest(router: .max, session: .max, layer: small)),
    AnyMessage(StateResponse(state: values)),
    AnyMessage(
        AnnounceRequest(
            name: text, instance: text, address: text, modelFingerprint: text, kernels: text, threads: small,
            draining: true, arithmetic: text, memoryBytes: .max, readBandwidth: .max, machine: text,
            bandwidthMeasurements: small, weightsCopy: text)),
    AnyMessage(AnnounceResponse(router: text, planVersion: .max, released: true)),
]

/// The largest number of a uint32 field.
private let small = Int(UInt32.max)
private let text = "Ü漢🧮"
private let slices = ExpertSlice.counts.map { ExpertSlice(index: $0 - 1, of: $0) }
private let values: [Float] = [0, -0.0, .greatestFiniteMagnitude, -.leastNonzeroMagnitude, .infinity]
