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
            stalledMilliseconds: 0, partCount: 0)),
    AnyMessage(HoldPartRequest(partIndex: 0, partCount: 0)),
    AnyMessage(DigestsRequest()),
    AnyMessage(DigestsResponse(digests: [])),
    AnyMessage(OpenSequenceRequest(sequence: 0, tokensMax: 0)),
    AnyMessage(OpenSequenceResponse(grantedBytes: 0)),
    AnyMessage(GrowSequenceRequest(sequence: 0, tokensMax: 0)),
    AnyMessage(GrowSequenceResponse(grantedBytes: 0)),
    AnyMessage(CloseSequencesRequest(sequences: [], all: false)),
    AnyMessage(CloseSequencesResponse(closed: 0)),
    AnyMessage(KeepStateRequest(sequence: 0, state: .none, owner: "")),
    AnyMessage(KeepStateResponse(length: 0, bytes: 0)),
    AnyMessage(DropStatesRequest(owner: "", states: [])),
    AnyMessage(DropStatesResponse(dropped: 0)),
    AnyMessage(StoreStateRequest(owner: "", state: .none)),
    AnyMessage(StoreStateResponse(diskBytes: 0)),
    AnyMessage(ListStatesRequest(owner: "")),
    AnyMessage(ListStatesResponse(states: [], sharedBytes: 0, usedBytes: 0)),
    AnyMessage(DescribeStateRequest(owner: "", state: .none)),
    AnyMessage(KeptStateDescription(scope: "", worthMilliseconds: 0, tokens: [])),
    AnyMessage(ExportStateRequest(owner: "", state: .none, offset: 0, bytesMax: 0)),
    AnyMessage(ExportStateResponse(fileBytes: 0, part: [])),
    AnyMessage(ImportStateRequest(owner: "", state: .none, scope: "", offset: 0, isLast: false, part: [])),
    AnyMessage(ImportStateResponse(length: 0)),
    AnyMessage(EmbedRequest(tokens: [])),
    AnyMessage(EmbedResponse(hidden: [])),
    AnyMessage(SublayerRequest(layer: 0, spans: [], hidden: [])),
    AnyMessage(SublayerResponse(partial: [], squares: [])),
    AnyMessage(HeadRequest(hidden: [], questions: [])),
    AnyMessage(
        HeadResponse(
            candidates: [], candidateLogits: [], namedLogits: [], top: [], topLogits: [], logSums: [], freeSums: [],
            wholeLogits: [])),
    AnyMessage(
        AnnounceRequest(
            name: "", instance: "", address: "", modelFingerprint: "", kernels: "", threads: 0, draining: false,
            arithmetic: "", memoryBytes: 0, readBandwidth: 0, machine: "", role: "")),
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
            stalledMilliseconds: small, weightsCopy: text, partIndex: small, partCount: small, keptBytes: .max)),
    AnyMessage(HoldPartRequest(router: .max, partIndex: small, partCount: small)),
    AnyMessage(DigestsResponse(digests: [WeightDigest(low: 0x0123_4567_89AB_CDEF, high: 0xFEDC_BA98_7654_3210)])),
    AnyMessage(
        OpenSequenceRequest(
            router: .max, sequence: largestSequence, tokensMax: .max, state: largestState, length: .max, owner: text,
            consumes: true)),
    AnyMessage(OpenSequenceResponse(grantedBytes: .max)),
    AnyMessage(GrowSequenceRequest(router: .max, sequence: largestSequence, tokensMax: .max)),
    AnyMessage(GrowSequenceResponse(grantedBytes: .max)),
    AnyMessage(CloseSequencesRequest(router: .max, sequences: [0, 0, largestSequence], all: true)),
    AnyMessage(CloseSequencesResponse(closed: small)),
    AnyMessage(
        KeepStateRequest(
            router: .max, sequence: largestSequence, state: largestState, owner: text, closes: true, promised: true,
            worthMilliseconds: .max, scope: text, tokens: tokens)),
    AnyMessage(KeepStateResponse(length: .max, bytes: .max)),
    AnyMessage(DropStatesRequest(router: .max, owner: text, states: [.none, .none, largestState])),
    AnyMessage(DropStatesResponse(dropped: small)),
    AnyMessage(StoreStateRequest(router: .max, owner: text, state: largestState, leavesMemory: true)),
    AnyMessage(StoreStateResponse(diskBytes: .max)),
    AnyMessage(ListStatesRequest(router: .max, owner: text)),
    AnyMessage(
        ListStatesResponse(
            states: [
                KeptStateInfo(
                    state: largestState, length: .max, bytes: .max, ownBytes: .max, diskBytes: .max, promised: true,
                    idleMilliseconds: .max),
                KeptStateInfo(
                    state: .none, length: 0, bytes: 0, ownBytes: 0, diskBytes: 0, promised: false, idleMilliseconds: 0),
            ], sharedBytes: .max, usedBytes: .max)),
    AnyMessage(DescribeStateRequest(router: .max, owner: text, state: largestState)),
    AnyMessage(KeptStateDescription(scope: text, worthMilliseconds: .max, tokens: tokens)),
    AnyMessage(ExportStateRequest(router: .max, owner: text, state: largestState, offset: .max, bytesMax: .max)),
    AnyMessage(ExportStateResponse(fileBytes: .max, part: bytes)),
    AnyMessage(
        ImportStateRequest(
            router: .max, owner: text, state: largestState, scope: text, promised: true, offset: .max, isLast: true,
            part: bytes)),
    AnyMessage(ImportStateResponse(length: .max)),
    AnyMessage(EmbedRequest(tokens: [.max, 0, 128])),
    AnyMessage(EmbedResponse(hidden: values)),
    AnyMessage(
        SublayerRequest(
            router: .max, layer: small,
            spans: [
                SequenceSpan(sequence: largestSequence, start: .max, count: small),
                SequenceSpan(sequence: 0, start: 0, count: 0),
            ], hidden: values)),
    AnyMessage(SublayerResponse(partial: values, squares: values)),
    AnyMessage(
        HeadRequest(
            hidden: values,
            questions: [
                HeadQuestion(
                    candidates: small, named: [0, .max], top: small, logSum: true, whole: true,
                    temperature: .greatestFiniteMagnitude, draws: true, seed: .max),
                HeadQuestion(),
            ],
            excluded: [0, .max])),
    AnyMessage(
        HeadResponse(
            candidates: tokens, candidateLogits: values, namedLogits: values, top: tokens, topLogits: values,
            logSums: doubles, freeSums: doubles, wholeLogits: values)),
    AnyMessage(
        AnnounceRequest(
            name: text, instance: text, address: text, modelFingerprint: text, kernels: text, threads: small,
            draining: true, arithmetic: text, memoryBytes: .max, readBandwidth: .max, machine: text,
            bandwidthMeasurements: small, weightsCopy: text, role: text)),
    AnyMessage(AnnounceResponse(router: text, planVersion: .max, released: true)),
]

/// The largest number of a uint32 field.
private let small = Int(UInt32.max)
private let largestSequence = SequenceID(rawValue: .max)
private let largestState = StateID(rawValue: .max)
private let text = "Ü漢🧮"
private let slices = ExpertSlice.counts.map { ExpertSlice(index: $0 - 1, of: $0) }
private let values: [Float] = [0, -0.0, .greatestFiniteMagnitude, -.leastNonzeroMagnitude, .infinity]
private let doubles: [Double] = [0, -0.0, .greatestFiniteMagnitude, -.leastNonzeroMagnitude, -.infinity]
private let tokens: [Int32] = [0, .max, .min, -1]
/// Every byte that there is.
private let bytes = [UInt8](0 ... .max)
