import Messages

/// One message of every type, every field set, no two fields alike.
let everyMessage: [AnyMessage] = [
    AnyMessage(
        HoldRequest(
            router: "r1", modelFingerprint: "abc", planVersion: 3,
            units: [
                ExpertUnit(layer: 1, expert: 2, slice: ExpertSlice(index: 3, of: 4)), ExpertUnit(layer: 300, expert: 0),
            ],
            withDigests: true)),
    AnyMessage(
        HoldResponse(
            heldBytes: 1 << 40, digests: [WeightDigest(low: 1, high: 2 << 60), WeightDigest(low: .max, high: 3)])),
    AnyMessage(
        RetainRequest(
            router: "r2", units: [ExpertUnit(layer: 5, expert: 6, slice: ExpertSlice(index: 7, of: 8))])),
    AnyMessage(RetainResponse(heldBytes: 1 << 41)),
    AnyMessage(
        ExpertRequest(
            layer: 7, hidden: [1, -2, 0.5],
            groups: [
                TokenGroup(expert: 1, slice: ExpertSlice(index: 1, of: 2), rows: [0, 300]),
                TokenGroup(expert: 2, rows: []),
            ])),
    AnyMessage(ExpertResponse(outputs: [1, 2, 3, 4])),
    AnyMessage(DescribeRequest(router: 31, owner: "o9")),
    AnyMessage(
        AttentionDescription(
            modelFingerprint: "f", kernels: "avx512", memoryBudgetBytes: 1 << 33, arithmetic: "exact", othersBytes: 32,
            stalledMilliseconds: 34, weightsCopy: "c", partIndex: 77, partCount: 78, keptBytes: 83)),
    AnyMessage(HoldPartRequest(router: 80, partIndex: 81, partCount: 82)),
    AnyMessage(DigestsRequest()),
    AnyMessage(DigestsResponse(digests: [WeightDigest(low: 4, high: 5)])),
    AnyMessage(
        OpenSequenceRequest(
            router: 35, sequence: 11, tokensMax: 4096, state: 46, length: 47, owner: "o1", consumes: true)),
    AnyMessage(OpenSequenceResponse(grantedBytes: 99)),
    AnyMessage(GrowSequenceRequest(router: 36, sequence: 37, tokensMax: 38)),
    AnyMessage(GrowSequenceResponse(grantedBytes: 39)),
    AnyMessage(CloseSequencesRequest(router: 40, sequences: [1, SequenceID(rawValue: 1 << 63), 3], all: true)),
    AnyMessage(CloseSequencesResponse(closed: 2)),
    AnyMessage(
        KeepStateRequest(
            router: 41, sequence: 21, state: 48, owner: "o2", closes: true, promised: true, worthMilliseconds: 49,
            scope: "s1", tokens: [200_063, 0, -1])),
    AnyMessage(KeepStateResponse(length: 50, bytes: 1 << 34)),
    AnyMessage(DropStatesRequest(router: 42, owner: "o3", states: [4, StateID(rawValue: 1 << 62), 300])),
    AnyMessage(DropStatesResponse(dropped: 51)),
    AnyMessage(StoreStateRequest(router: 43, owner: "o4", state: 52, leavesMemory: true)),
    AnyMessage(StoreStateResponse(diskBytes: 1 << 35)),
    AnyMessage(ListStatesRequest(router: 53, owner: "o5")),
    AnyMessage(
        ListStatesResponse(
            states: [
                KeptStateInfo(
                    state: 54, length: 55, bytes: 1 << 38, ownBytes: 56, diskBytes: 1 << 39, promised: true,
                    idleMilliseconds: 57),
                KeptStateInfo(
                    state: 58, length: 59, bytes: 0, ownBytes: 0, diskBytes: 60, promised: false, idleMilliseconds: 61),
            ], sharedBytes: 62, usedBytes: 1 << 42)),
    AnyMessage(DescribeStateRequest(router: 63, owner: "o6", state: 64)),
    AnyMessage(KeptStateDescription(scope: "s2", worthMilliseconds: 65, tokens: [66, 67])),
    AnyMessage(ExportStateRequest(router: 68, owner: "o7", state: 69, offset: 70, bytesMax: 71)),
    AnyMessage(ExportStateResponse(fileBytes: 72, part: [1, 0, 255])),
    AnyMessage(
        ImportStateRequest(
            router: 73, owner: "o8", state: 74, scope: "s3", promised: true, offset: 75, isLast: true,
            part: [2, 254])),
    AnyMessage(ImportStateResponse(length: 76)),
    AnyMessage(EmbedRequest(tokens: [5, 200_063, 0])),
    AnyMessage(EmbedResponse(hidden: [0.25, -8])),
    AnyMessage(
        SublayerRequest(
            router: 44, layer: 79,
            spans: [SequenceSpan(sequence: 4, start: 100, count: 1), SequenceSpan(sequence: 9, start: 0, count: 2)],
            hidden: [1, 2, 3])),
    AnyMessage(SublayerResponse(partial: [1, 2], squares: [3])),
    AnyMessage(
        HeadRequest(
            hidden: [7],
            questions: [
                HeadQuestion(
                    candidates: 80, named: [81, 200_063], top: 82, logSum: true, whole: true, temperature: 0.75,
                    draws: true, seed: 1 << 63),
                HeadQuestion(candidates: 83),
            ],
            excluded: [84, 300], partIndex: 85, partCount: 86)),
    AnyMessage(
        HeadResponse(
            candidates: [85, 200_062], candidateLogits: [8, 9], namedLogits: [10], top: [86], topLogits: [11],
            logSums: [12.5, 13], freeSums: [14, 15.25], wholeLogits: [16])),
    AnyMessage(
        AnnounceRequest(
            name: "host-1", instance: "i-2", address: "unix:/run/x", modelFingerprint: "f3", kernels: "avx2",
            threads: 4,
            draining: true, arithmetic: "fast", memoryBytes: 1 << 36, readBandwidth: 1 << 37, machine: "m1",
            bandwidthMeasurements: 5, weightsCopy: "c1", role: "attention")),
    AnyMessage(AnnounceResponse(router: "r3", planVersion: 6, released: true)),
]
