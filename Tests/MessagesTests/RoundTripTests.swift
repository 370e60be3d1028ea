import Messages
import Testing

/// What goes in comes out, from nothing at all to the largest values.
@Suite("Messages come out as they went in") struct RoundTripTests {
    private let texts = [
        "", "a", "unix:/run/minimax/expert 1.sock", "Ünïcödé 漢字 🧮👩‍👩‍👧 \u{301}\u{FFFD}\u{10FFFF}",
        String(repeating: "long ", count: 100_000),
    ]
    private let counts = [0, 1, 127, 128, 1 << 32, Int.max - 1, Int.max]
    private let small = [0, 1, 300, Int(UInt32.max) - 1, Int(UInt32.max)]
    private let ids: [UInt64] = [0, 1, 1 << 63, .max - 1, .max]
    private var idLists: [[UInt64]] { [[], [0], ids, (0 ..< 10_000).map { UInt64($0) << 40 }] }
    /// Empty, one, many, and 16 MiB.
    private static let floats: [[Float]] = [
        [], [1.5], [0, -0, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude],
        (0 ..< 4 << 20).map { Float($0 % 251) / 7 },
    ]
    /// The same of token ids and of a file's bytes.
    private static let tokens: [[Int32]] = [[], [5], [0, .max, .min, -1], (0 ..< 4 << 20).map { $0 * 7 % 200_064 }]
    private static let parts: [[UInt8]] = [[], [5], [UInt8](0 ... .max), (0 ..< 16 << 20).map { UInt8($0 % 251) }]

    private func check<M: WireMessage & Equatable>(_ message: M) throws {
        let bytes = encode(message)
        let found = try decode(M.self, bytes)
        #expect(found == message)
        let same = encode(found) == bytes
        #expect(same, "\(M.self) is encoded in two ways")
    }

    @Test("what hosts shall hold")
    func holdings() throws {
        let many = (0 ..< 2560).map { ExpertUnit(layer: $0 / 32, expert: $0 % 32) }
        for units in [[], [ExpertUnit(layer: 0, expert: 0)], many] {
            for text in texts {
                try check(HoldRequest(router: text + "r", modelFingerprint: text, planVersion: 1, units: units))
                try check(RetainRequest(router: text, units: units))
            }
        }
        for count in counts {
            try check(HoldRequest(router: "r", modelFingerprint: "f", planVersion: count, units: []))
        }
        for number in small {
            let units = [ExpertUnit(layer: number, expert: 1), ExpertUnit(layer: 1, expert: number)]
            try check(RetainRequest(router: "r", units: units))
        }
        for count in ExpertSlice.counts {
            let units = (0 ..< count).map { ExpertUnit(layer: 1, expert: 2, slice: ExpertSlice(index: $0, of: count)) }
            try check(RetainRequest(router: "r", units: units))
            let groups = units.map { TokenGroup(expert: 1, slice: $0.slice, rows: [1]) }
            try check(ExpertRequest(layer: 1, hidden: [], groups: groups))
        }
        for count in counts {
            try check(HoldResponse(heldBytes: count))
            let digests = (0 ..< min(count, 1000)).map { WeightDigest(low: UInt64($0), high: .max - UInt64($0)) }
            try check(HoldResponse(heldBytes: 1, digests: digests))
            try check(DigestsResponse(digests: digests))
            try check(RetainResponse(heldBytes: count))
        }
    }

    @Test("expert calls")
    func experts() throws {
        let groups: [[TokenGroup]] = [
            [], [TokenGroup(expert: 0, rows: [])], [TokenGroup(expert: 3, rows: [0])],
            (0 ..< 32).map { expert in TokenGroup(expert: expert, rows: (0 ..< 1000).map { $0 * 37 % 1009 }) },
            [TokenGroup(expert: Int(UInt32.max), rows: [.max, 0, .max - 1])],
        ]
        for groups in groups {
            for hidden in Self.floats.dropLast() { try check(ExpertRequest(layer: 5, hidden: hidden, groups: groups)) }
        }
        for number in small { try check(ExpertRequest(layer: number, hidden: [1], groups: [])) }
        for hidden in Self.floats {
            try check(ExpertRequest(layer: 1, hidden: hidden, groups: groups[2]))
            try check(ExpertResponse(outputs: hidden))
        }
    }

    @Test("descriptions")
    func descriptions() throws {
        try check(DescribeRequest())
        #expect(encode(DescribeRequest()).isEmpty)
        for id in ids { try check(DescribeRequest(router: id, owner: "o")) }
        for text in texts {
            for count in counts {
                try check(
                    AttentionDescription(
                        modelFingerprint: text, kernels: "x" + text, memoryBudgetBytes: count, arithmetic: text,
                        othersBytes: count, stalledMilliseconds: 1))
            }
        }
        for id in ids {
            for number in small {
                try check(HoldPartRequest(router: id, partIndex: number, partCount: 8))
                try check(HoldPartRequest(router: id, partIndex: 0, partCount: number))
                try check(
                    AttentionDescription(
                        modelFingerprint: "", kernels: "", memoryBudgetBytes: 1, arithmetic: "", othersBytes: 0,
                        stalledMilliseconds: 0, partIndex: number, partCount: number))
            }
        }
    }

    @Test("sequences")
    func sequences() throws {
        for id in ids {
            let sequence = SequenceID(rawValue: id)
            for count in counts {
                try check(OpenSequenceRequest(router: id, sequence: sequence, tokensMax: count))
                try check(
                    OpenSequenceRequest(
                        sequence: 1, tokensMax: 2, state: StateID(rawValue: id), length: count, owner: "o\(count)",
                        consumes: count % 2 == 0))
                try check(GrowSequenceRequest(router: id, sequence: 1, tokensMax: count))
            }
        }
        for text in texts { try check(OpenSequenceRequest(sequence: 1, tokensMax: 2, state: 3, owner: text)) }
        for count in counts {
            try check(OpenSequenceResponse(grantedBytes: count))
            try check(GrowSequenceResponse(grantedBytes: count))
        }
        for all in [false, true] {
            for list in idLists {
                try check(
                    CloseSequencesRequest(router: 3, sequences: list.map(SequenceID.init(rawValue:)), all: all))
            }
        }
        for count in small { try check(CloseSequencesResponse(closed: count)) }
    }

    @Test("kept states")
    func keptStates() throws {
        for tokens in Self.tokens {
            try check(KeepStateRequest(sequence: 1, state: 2, owner: "o", tokens: tokens))
            try check(KeptStateDescription(scope: "s", worthMilliseconds: 1, tokens: tokens))
        }
        for id in ids {
            let state = StateID(rawValue: id)
            try check(KeepStateRequest(router: id, sequence: SequenceID(rawValue: id), state: state, owner: ""))
            try check(DescribeStateRequest(router: id, owner: "o", state: state))
            for flag in [false, true] {
                try check(KeepStateRequest(sequence: 1, state: state, owner: "o", closes: flag, promised: !flag))
                try check(StoreStateRequest(router: id, owner: "o", state: state, leavesMemory: flag))
            }
        }
        for list in idLists {
            try check(DropStatesRequest(router: 3, owner: "o", states: list.map(StateID.init(rawValue:))))
        }
        for count in small { try check(DropStatesResponse(dropped: count)) }
        for text in texts {
            try check(KeepStateRequest(sequence: 1, state: 2, owner: text, scope: text + "s"))
            try check(KeptStateDescription(scope: text, worthMilliseconds: 1, tokens: [2]))
            try check(DropStatesRequest(owner: text, states: [1]))
            try check(ListStatesRequest(router: 4, owner: text))
        }
        for count in counts {
            try check(KeepStateRequest(sequence: 1, state: 2, owner: "", worthMilliseconds: count))
            try check(KeepStateResponse(length: count, bytes: 1))
            try check(KeepStateResponse(length: 1, bytes: count))
            try check(StoreStateResponse(diskBytes: count))
            try check(KeptStateDescription(scope: "", worthMilliseconds: count, tokens: []))
        }
    }

    @Test("lists of kept states")
    func lists() throws {
        let infos: [KeptStateInfo] = ids.flatMap { id in
            counts.map { count in
                KeptStateInfo(
                    state: StateID(rawValue: id), length: count, bytes: 1, ownBytes: count, diskBytes: 2,
                    promised: id % 2 == 0, idleMilliseconds: count)
            }
        }
        let many = (0 ..< 300).flatMap { _ in infos }
        for states in [[], [infos[0]], infos, many] {
            try check(ListStatesResponse(states: states, sharedBytes: 1, usedBytes: 2))
        }
        for count in counts {
            try check(ListStatesResponse(states: [], sharedBytes: count, usedBytes: 1))
            try check(ListStatesResponse(states: [], sharedBytes: 1, usedBytes: count))
        }
    }

    @Test("files of kept states")
    func files() throws {
        for part in Self.parts {
            try check(ExportStateResponse(fileBytes: 1, part: part))
            for isLast in [false, true] {
                try check(ImportStateRequest(owner: "o", state: 1, scope: "s", offset: 2, isLast: isLast, part: part))
            }
        }
        for id in ids {
            let state = StateID(rawValue: id)
            try check(ExportStateRequest(router: id, owner: "o", state: state, offset: 1, bytesMax: 2))
            try check(
                ImportStateRequest(
                    router: id, owner: "", state: state, scope: "", promised: true, offset: 0, isLast: false, part: []))
        }
        for text in texts {
            try check(ExportStateRequest(owner: text, state: 1, offset: 0, bytesMax: 1))
            try check(
                ImportStateRequest(owner: text, state: 1, scope: text + "s", offset: 0, isLast: true, part: [1]))
        }
        for count in counts {
            try check(ExportStateRequest(owner: "o", state: 1, offset: count, bytesMax: 1))
            try check(ExportStateRequest(owner: "o", state: 1, offset: 1, bytesMax: count))
            try check(ExportStateResponse(fileBytes: count, part: []))
            try check(ImportStateRequest(owner: "", state: 1, scope: "", offset: count, isLast: true, part: []))
            try check(ImportStateResponse(length: count))
        }
    }

    @Test("embeddings, sublayers, the head and states")
    func activations() throws {
        for tokens in [[], [0], [.max, 0, 200_063], (0 ..< 100_000).map { UInt32($0) }] {
            try check(EmbedRequest(tokens: tokens))
        }
        let spans: [[SequenceSpan]] = [
            [], [SequenceSpan(sequence: 1, start: 0, count: 1)],
            [SequenceSpan(sequence: SequenceID(rawValue: .max), start: .max, count: Int(UInt32.max))],
            (0 ..< 1000).map { index in
                SequenceSpan(sequence: SequenceID(rawValue: UInt64(index)), start: index * 64, count: index % 7)
            },
        ]
        for values in Self.floats {
            try check(EmbedResponse(hidden: values))
            try check(SublayerResponse(partial: values, squares: []))
            try check(SublayerResponse(partial: [], squares: values))
            try check(HeadRequest(hidden: values, questions: [HeadQuestion(candidates: 1)]))
            try check(
                HeadResponse(
                    candidates: [], candidateLogits: values, namedLogits: [], top: [], topLogits: values, logSums: [],
                    freeSums: [], wholeLogits: values))
            try check(
                HeadResponse(
                    candidates: [], candidateLogits: [], namedLogits: values, top: [], topLogits: [],
                    logSums: values.map(Double.init), freeSums: values.map { -Double($0) }, wholeLogits: []))
            try check(SublayerRequest(router: 4, layer: 79, spans: spans[3], hidden: values))
        }
        for tokens in Self.tokens {
            try check(
                HeadResponse(
                    candidates: tokens, candidateLogits: [], namedLogits: [], top: tokens.reversed(), topLogits: [],
                    logSums: [], freeSums: [], wholeLogits: []))
        }
        for number in small {
            for temperature in [0, -0.0, 0.1, 1, .leastNonzeroMagnitude, .infinity] {
                let question = HeadQuestion(
                    candidates: number, named: [0, 7, .max], top: number, logSum: number > 1, whole: number < 2,
                    temperature: temperature, draws: number == 0, seed: UInt64(number) << 32)
                try check(HeadRequest(hidden: [1], questions: [question, HeadQuestion()], excluded: [3, 4]))
            }
        }
        for spans in spans {
            for layer in small { try check(SublayerRequest(layer: layer, spans: spans, hidden: [1, 2])) }
        }
    }

    @Test("announcements")
    func announcements() throws {
        for text in texts {
            for draining in [false, true] {
                try self.check(
                    AnnounceRequest(
                        name: text, instance: text + "1", address: text + "2", modelFingerprint: text + "3",
                        kernels: text + "4", threads: 2, draining: draining, arithmetic: text + "5", memoryBytes: 1,
                        readBandwidth: 2, machine: text, role: text + "6"))
            }
        }
        func check(threads: Int = 1, memoryBytes: Int = 3, readBandwidth: Int = 3, measurements: Int = 0) throws {
            try self.check(
                AnnounceRequest(
                    name: "n", instance: "", address: "", modelFingerprint: "", kernels: "", threads: threads,
                    draining: false, arithmetic: "", memoryBytes: memoryBytes, readBandwidth: readBandwidth,
                    machine: "",
                    bandwidthMeasurements: measurements))
        }
        for count in small {
            try check(threads: count, memoryBytes: 0, readBandwidth: 0)
            try check(measurements: count)
        }
        for count in counts {
            try check(memoryBytes: count)
            try check(readBandwidth: count)
            try self.check(AnnounceResponse(router: "", planVersion: count, released: count % 2 == 0))
        }
        for text in texts { try self.check(AnnounceResponse(router: text, planVersion: 1, released: false)) }
    }

    @Test("every bit of a float survives, NaN payloads and signs of zero too")
    func floatBits() throws {
        let bits: [UInt32] = [0, 0x8000_0000, 0x7FC0_0000, 0xFFC0_1234, 0x7F80_0001, 1, 0x8000_0001]
        let message = EmbedResponse(hidden: bits.map(Float.init(bitPattern:)))
        #expect(try decode(EmbedResponse.self, encode(message)).hidden.map(\.bitPattern) == bits)
    }
}
