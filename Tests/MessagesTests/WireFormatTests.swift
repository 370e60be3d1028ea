import Messages
import Testing

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
            "DescribeRequest": Wire().number(1, 31).text(2, "o9"),
            "AttentionDescription": Wire().text(1, "f").text(2, "avx512").number(3, 1 << 33).text(4, "exact")
                .number(5, 32).number(7, 34).text(8, "c").number(9, 77).number(10, 78).number(11, 83),
            "HoldPartRequest": Wire().number(1, 80).number(2, 81).number(3, 82),
            "DigestsRequest": Wire(),
            "DigestsResponse": Wire().data(1, Self.digests([4, 5])),
            "OpenSequenceRequest": Wire().number(1, 11).number(2, 4096).number(3, 35).number(4, 46).number(5, 47)
                .text(6, "o1").number(7, 1),
            "OpenSequenceResponse": Wire().number(1, 99),
            "GrowSequenceRequest": Wire().number(1, 36).number(2, 37).number(3, 38),
            "GrowSequenceResponse": Wire().number(1, 39),
            "CloseSequencesRequest": Wire().packed(1, [1, 1 << 63, 3]).number(2, 1).number(3, 40),
            "CloseSequencesResponse": Wire().number(1, 2),
            "KeepStateRequest": Wire().number(1, 41).number(2, 21).number(3, 48).text(4, "o2").number(5, 1)
                .number(6, 1).number(7, 49).text(8, "s1").tokens(9, [200_063, 0, -1]),
            "KeepStateResponse": Wire().number(1, 50).number(2, 1 << 34),
            "DropStatesRequest": Wire().number(1, 42).text(2, "o3").packed(3, [4, 1 << 62, 300]),
            "DropStatesResponse": Wire().number(1, 51),
            "StoreStateRequest": Wire().number(1, 43).text(2, "o4").number(3, 52).number(4, 1),
            "StoreStateResponse": Wire().number(1, 1 << 35),
            "ListStatesRequest": Wire().number(1, 53).text(2, "o5"),
            "ListStatesResponse": Wire()
                .message(
                    1,
                    Wire().number(1, 54).number(2, 55).number(3, 1 << 38).number(4, 56).number(5, 1 << 39).number(6, 1)
                        .number(7, 57)
                )
                .message(1, Wire().number(1, 58).number(2, 59).number(5, 60).number(7, 61))
                .number(2, 62).number(3, 1 << 42),
            "DescribeStateRequest": Wire().number(1, 63).text(2, "o6").number(3, 64),
            "KeptStateDescription": Wire().text(1, "s2").number(2, 65).tokens(3, [66, 67]),
            "ExportStateRequest": Wire().number(1, 68).text(2, "o7").number(3, 69).number(4, 70).number(5, 71),
            "ExportStateResponse": Wire().number(1, 72).data(2, [1, 0, 255]),
            "ImportStateRequest": Wire().number(1, 73).text(2, "o8").number(3, 74).text(4, "s3").number(5, 1)
                .number(6, 75).number(7, 1).data(8, [2, 254]),
            "ImportStateResponse": Wire().number(1, 76),
            "EmbedRequest": Wire().packed(1, [5, 200_063, 0]),
            "EmbedResponse": Wire().floats(1, [0.25, -8]),
            "SublayerRequest": Wire().number(1, 79).message(2, Wire().number(1, 4).number(2, 100).number(3, 1))
                .message(2, Wire().number(1, 9).number(3, 2)).floats(3, [1, 2, 3]).number(4, 44),
            "SublayerResponse": Wire().floats(1, [1, 2]).floats(2, [3]),
            "HeadRequest": Wire().floats(1, [7])
                .message(
                    2,
                    Wire().number(1, 80).packed(2, [81, 200_063]).number(3, 82).number(4, 1).number(5, 1)
                        .double(6, 0.75).number(7, 1).number(8, 1 << 63)
                )
                .message(2, Wire().number(1, 83)).packed(3, [84, 300]).number(4, 85).number(5, 86),
            "HeadResponse": Wire().tokens(1, [85, 200_062]).floats(2, [8, 9]).floats(3, [10]).tokens(4, [86])
                .floats(5, [11]).doubles(6, [12.5, 13]).doubles(7, [14, 15.25]).floats(8, [16]),
            "AnnounceRequest": Wire().text(1, "host-1").text(2, "i-2").text(3, "unix:/run/x").text(4, "f3")
                .text(5, "avx2").number(6, 4).number(7, 1).text(8, "fast").number(9, 1 << 36).number(10, 1 << 37)
                .text(11, "m1").number(12, 5).text(13, "c1").text(14, "attention"),
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
        try expect(
            Wire().number(3, 7).packed(3, [8, 9]).text(2, "a").text(2, "b"),
            DropStatesRequest(owner: "b", states: [7, 8, 9]))
        try expect(Wire().floats(1, [1]).floats(1, [2, 3]), EmbedResponse(hidden: [2, 3]))
    }
}
