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
    private let sessions: [UInt64] = [0, 1, 1 << 63, .max - 1, .max]
    /// Empty, one, many, and 16 MiB.
    private static let floats: [[Float]] = [
        [], [1.5], [0, -0, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude],
        (0 ..< 4 << 20).map { Float($0 % 251) / 7 },
    ]

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

    @Test("descriptions and sessions")
    func attention() throws {
        try check(DescribeRequest())
        #expect(encode(DescribeRequest()).isEmpty)
        for text in texts {
            for count in counts {
                try check(
                    AttentionDescription(
                        modelFingerprint: text, kernels: "x" + text, memoryBudgetBytes: count, arithmetic: text,
                        othersBytes: count, stalledMilliseconds: 1))
            }
        }
        for session in sessions {
            try check(DescribeRequest(router: session))
            for count in counts {
                try check(OpenSessionRequest(router: session, session: session, tokensMax: count))
                try check(GrowSessionRequest(router: session, session: 1, tokensMax: count))
                try check(ResumeSessionRequest(router: 2, session: session, tokensMax: count))
            }
            for layer in small { try check(StateRequest(router: session, session: session, layer: layer)) }
        }
        for session in sessions {
            try check(ParkSessionRequest(router: 1, session: session))
        }
        for count in counts {
            try check(OpenSessionResponse(reservedBytes: count))
            try check(GrowSessionResponse(reservedBytes: count))
            try check(ParkSessionResponse(parkedBytes: count))
            try check(ResumeSessionResponse(reservedBytes: count))
        }
        for all in [false, true] {
            for list in [[], [0], sessions, (0 ..< 10_000).map { UInt64($0) << 40 }] {
                try check(CloseSessionsRequest(router: 3, sessions: list, all: all))
            }
        }
        for count in small { try check(CloseSessionsResponse(closed: count)) }
    }

    @Test("embeddings, sublayers, logits and states")
    func activations() throws {
        for tokens in [[], [0], [.max, 0, 200_063], (0 ..< 100_000).map { UInt32($0) }] {
            try check(EmbedRequest(tokens: tokens))
        }
        let spans: [[SessionSpan]] = [
            [], [SessionSpan(session: 1, start: 0, count: 1)],
            [SessionSpan(session: .max, start: .max, count: Int(UInt32.max))],
            (0 ..< 1000).map { SessionSpan(session: UInt64($0), start: $0 * 64, count: $0 % 7) },
        ]
        for values in Self.floats {
            try check(EmbedResponse(hidden: values))
            try check(SublayerResponse(partial: values, squares: []))
            try check(SublayerResponse(partial: [], squares: values))
            try check(LogitsRequest(hidden: values))
            try check(LogitsResponse(logits: values))
            try check(StateResponse(state: values))
            try check(SublayerRequest(router: 4, layer: 79, spans: spans[3], hidden: values))
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
                        readBandwidth: 2, machine: text))
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
        let message = LogitsResponse(logits: bits.map(Float.init(bitPattern:)))
        #expect(try decode(LogitsResponse.self, encode(message)).logits.map(\.bitPattern) == bits)
    }
}

/// Names of fields could be swapped on both sides at once, and a round trip would not notice.
@Suite("Messages have the bytes that cluster.proto describes") struct WireFormatTests {
    @Test("every field travels under its number")
    func fields() throws {
        let expected: [String: Wire] = [
            "HoldRequest": Wire().text(1, "r1").text(2, "abc").number(3, 3)
                .message(4, Wire().number(1, 1).number(2, 2).number(3, 3).number(4, 4))
                .message(4, Wire().number(1, 300).number(4, 1)).number(5, 1),
            "HoldResponse": Wire().number(1, 1 << 40).data(2, Self.digests([1, 2 << 60, .max, 3])),
            "RetainRequest": Wire().text(1, "r2")
                .message(2, Wire().number(1, 5).number(2, 6).number(3, 7).number(4, 8)),
            "RetainResponse": Wire().number(1, 1 << 41),
            "ExpertRequest": Wire().number(1, 7).floats(2, [1, -2, 0.5])
                .message(3, Wire().number(1, 1).packed(2, [0, 300]).number(3, 1).number(4, 2))
                .message(3, Wire().number(1, 2).number(4, 1)),
            "ExpertResponse": Wire().floats(1, [1, 2, 3, 4]),
            "DescribeRequest": Wire().number(1, 31),
            "AttentionDescription": Wire().text(1, "f").text(2, "avx512").number(3, 1 << 33).text(4, "exact")
                .number(5, 32).number(7, 34).text(8, "c"),
            "DigestsRequest": Wire(),
            "DigestsResponse": Wire().data(1, Self.digests([4, 5])),
            "OpenSessionRequest": Wire().number(1, 11).number(2, 4096).number(3, 35),
            "OpenSessionResponse": Wire().number(1, 99),
            "GrowSessionRequest": Wire().number(1, 36).number(2, 37).number(3, 38),
            "GrowSessionResponse": Wire().number(1, 39),
            "CloseSessionsRequest": Wire().packed(1, [1, 1 << 63, 3]).number(2, 1).number(3, 40),
            "CloseSessionsResponse": Wire().number(1, 2),
            "ParkSessionRequest": Wire().number(1, 21).number(2, 41),
            "ParkSessionResponse": Wire().number(1, 1 << 34),
            "ResumeSessionRequest": Wire().number(1, 22).number(2, 42).number(3, 43),
            "ResumeSessionResponse": Wire().number(1, 1 << 35),
            "EmbedRequest": Wire().packed(1, [5, 200_063, 0]),
            "EmbedResponse": Wire().floats(1, [0.25, -8]),
            "SublayerRequest": Wire().number(1, 79).message(2, Wire().number(1, 4).number(2, 100).number(3, 1))
                .message(2, Wire().number(1, 9).number(3, 2)).floats(3, [1, 2, 3]).number(4, 44),
            "SublayerResponse": Wire().floats(1, [1, 2]).floats(2, [3]),
            "LogitsRequest": Wire().floats(1, [7]),
            "LogitsResponse": Wire().floats(1, [8, 9]),
            "StateRequest": Wire().number(1, 12).number(2, 13).number(3, 45),
            "StateResponse": Wire().floats(1, [4, 5, 6]),
            "AnnounceRequest": Wire().text(1, "host-1").text(2, "i-2").text(3, "unix:/run/x").text(4, "f3")
                .text(5, "avx2").number(6, 4).number(7, 1).text(8, "fast").number(9, 1 << 36).number(10, 1 << 37)
                .text(11, "m1").number(12, 5).text(13, "c1"),
            "AnnounceResponse": Wire().text(1, "r3").number(2, 6).number(3, 1),
        ]
        #expect(Set(expected.keys) == Set(everyMessage.map(\.typeName)))
        for message in everyMessage {
            #expect(message.bytes == expected[message.typeName]?.bytes, "\(message.typeName)")
        }
    }

    /// Halves of digests, little-endian.
    private static func digests(_ halves: [UInt64]) -> [UInt8] {
        halves.flatMap { half in (0 ..< 8).map { UInt8(truncatingIfNeeded: half >> (8 * $0)) } }
    }

    @Test("fields that a later version may add are skipped", arguments: everyMessage)
    func unknownFields(message: AnyMessage) throws {
        let unknown = Wire().number(1000, .max).text(1001, "later")
            .fixed(1002, byteCount: 8).fixed(1003, byteCount: 4).bytes
        #expect(try message.recode(unknown + message.bytes + unknown) == message.bytes)
        #expect(try message.recode(unknown).isEmpty)
    }

    @Test("numbers that are not packed are read too, and the last of a repeated single field counts")
    func otherForms() throws {
        func expect<M: WireMessage & Equatable>(_ wire: Wire, _ message: M) throws {
            #expect(try decode(M.self, wire.bytes) == message)
        }
        try expect(Wire().number(1, 7).packed(1, [8, 9]).number(1, 10), EmbedRequest(tokens: [7, 8, 9, 10]))
        try expect(Wire().number(2, 1).number(2, 2).number(1, 5), StateRequest(session: 5, layer: 2))
        try expect(Wire().floats(1, [1]).floats(1, [2, 3]), LogitsRequest(hidden: [2, 3]))
    }
}
