import Foundation
import Messages
import TestSupport
import Testing

/// Seeds are random, and printed with every failure; `MESSAGES_FUZZ_SEED` brings one back.
private let seed =
    ProcessInfo.processInfo.environment["MESSAGES_FUZZ_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0 ... .max)

@Suite("Foreign bytes give a value or a MessageError, never a crash") struct HostileBytesTests {
    /// Decodes; what decodes must also be encodable, and then stays as it is.
    private func survive(_ message: AnyMessage, _ bytes: [UInt8], _ place: Comment) {
        do {
            let first = try message.recode(bytes)
            let second = try message.recode(first)
            #expect(second == first, place)
        } catch let error as MessageError {
            #expect(error.type == message.typeName && !error.reason.isEmpty, place)
        } catch {
            Issue.record(error, place)
        }
    }

    @Test("a few wrong bytes", arguments: everyMessage)
    func mutated(message: AnyMessage) {
        print("\(message.typeName): MESSAGES_FUZZ_SEED=\(seed)")
        var random = SplitMix64(seed: seed)
        for round in 0 ..< 3000 {
            var bytes = message.bytes
            for _ in 0 ..< Int.random(in: 1 ... 4, using: &random) {
                let at = Int.random(in: 0 ... bytes.count, using: &random)
                switch Int.random(in: 0 ..< 5, using: &random) {
                case 0 where at < bytes.count: bytes[at] = UInt8.random(in: 0 ... 255, using: &random)
                case 1 where at < bytes.count: bytes[at] ^= 1 << UInt8.random(in: 0 ... 7, using: &random)
                case 2 where at < bytes.count: bytes.remove(at: at)
                case 3:
                    let more = (0 ..< 3).map { _ in UInt8.random(in: 0 ... 255, using: &random) }
                    bytes.insert(contentsOf: more, at: at)
                default: bytes.removeSubrange(at...)
                }
            }
            survive(message, bytes, "seed \(seed), round \(round): \(bytes)")
        }
    }

    @Test("nothing but random bytes", arguments: everyMessage)
    func random(message: AnyMessage) {
        var random = SplitMix64(seed: seed)
        for round in 0 ..< 3000 {
            // Half of them from small numbers, of which tags and lengths are made.
            let top: UInt8 = round % 2 == 0 ? 255 : 40
            let count = Int.random(in: 0 ... 60, using: &random)
            let bytes = (0 ..< count).map { _ in UInt8.random(in: 0 ... top, using: &random) }
            survive(message, bytes, "seed \(seed), round \(round): \(bytes)")
        }
    }

    @Test("every beginning of a message", arguments: everyMessage)
    func truncated(message: AnyMessage) {
        for count in 0 ..< message.bytes.count {
            survive(message, Array(message.bytes[..<count]), "the first \(count) bytes")
        }
    }

    @Test("a beginning that ends within a field is an error that says the type and how many bytes there were")
    func truncatedField() {
        let bytes = encode(EmbedResponse(hidden: [1, 2, 3]))
        for count in 1 ..< bytes.count {
            let error = #expect(throws: MessageError.self) { try decode(EmbedResponse.self, Array(bytes[..<count])) }
            #expect(error?.type == "EmbedResponse" && error?.description.contains("\(count) bytes") == true)
        }
    }

    @Test("lengths beyond the end, beyond memory and without end", arguments: everyMessage)
    func lengths(message: AnyMessage) {
        let lengths: [[UInt8]] = [
            [127], [255, 255, 255, 255, 7], [255, 255, 255, 255, 15],
            [255, 255, 255, 255, 255, 255, 255, 255, 127], [UInt8](repeating: 255, count: 20),
        ]
        for field in UInt8(1) ... 13 {
            for length in lengths {
                survive(message, [field << 3 | 2] + length, "field \(field), length \(length)")
            }
            for wireType in UInt8(0) ... 7 {
                let bytes = [field << 3 | wireType] + [UInt8](repeating: 0x80, count: 30)
                survive(message, bytes, "field \(field), wire type \(wireType)")
            }
        }
    }

    @Test("a bytes field that is no whole number of its values is refused by name")
    func oddValues() {
        func check<M: WireMessage>(_ type: M.Type, _ field: UInt64, _ name: String) {
            for count in [1, 2, 3, 5, 1023] {
                let bytes = Wire().data(field, [UInt8](repeating: 1, count: count)).bytes
                let error = #expect(throws: MessageError.self) { try decode(type, bytes) }
                let namesField = error?.reason.contains("\(name) has \(count) bytes") == true
                #expect(error?.type == "\(type)" && namesField, "\(error.map(\.description) ?? "no error")")
            }
        }
        check(ExpertRequest.self, 2, "hidden")
        check(ExpertResponse.self, 1, "outputs")
        check(EmbedResponse.self, 1, "hidden")
        check(SublayerRequest.self, 3, "hidden")
        check(SublayerResponse.self, 1, "partial")
        check(SublayerResponse.self, 2, "squares")
        check(HeadRequest.self, 1, "hidden")
        for (field, name) in [
            (1, "candidates"), (2, "candidate_logits"), (3, "named_logits"), (4, "top"), (5, "top_logits"),
            (6, "log_sums"), (7, "free_sums"), (8, "whole_logits"),
        ] as [(UInt64, String)] { check(HeadResponse.self, field, name) }
        check(HoldResponse.self, 2, "digests")
        check(DigestsResponse.self, 1, "digests")
        check(KeepStateRequest.self, 9, "tokens")
        check(KeptStateDescription.self, 3, "tokens")
    }

    @Test("counts beyond Int are refused by name")
    func largeCounts() {
        func check<M: WireMessage>(_ type: M.Type, _ name: String, _ message: (UInt64) -> Wire) {
            #expect(throws: Never.self) { try decode(type, message(UInt64(Int.max)).bytes) }
            for value in [UInt64(Int.max) + 1, .max] {
                let error = #expect(throws: MessageError.self) { try decode(type, message(value).bytes) }
                let namesField = error?.reason.contains("\(name) is \(value)") == true
                #expect(error?.type == "\(type)" && namesField, "\(error.map(\.description) ?? "no error")")
            }
        }
        check(HoldRequest.self, "plan_version") { Wire().number(3, $0) }
        check(HoldResponse.self, "held_bytes") { Wire().number(1, $0) }
        check(RetainResponse.self, "held_bytes") { Wire().number(1, $0) }
        check(AnnounceRequest.self, "memory_bytes") { Wire().number(9, $0) }
        check(AnnounceRequest.self, "read_bandwidth") { Wire().number(10, $0) }
        check(AttentionDescription.self, "memory_budget_bytes") { Wire().number(3, $0) }
        check(AttentionDescription.self, "others_bytes") { Wire().number(5, $0) }
        check(OpenSequenceRequest.self, "tokens_max") { Wire().number(2, $0) }
        check(OpenSequenceRequest.self, "length") { Wire().number(5, $0) }
        check(OpenSequenceResponse.self, "granted_bytes") { Wire().number(1, $0) }
        check(GrowSequenceRequest.self, "tokens_max") { Wire().number(3, $0) }
        check(GrowSequenceResponse.self, "granted_bytes") { Wire().number(1, $0) }
        check(KeepStateRequest.self, "worth_ms") { Wire().number(7, $0) }
        check(KeepStateResponse.self, "length") { Wire().number(1, $0) }
        check(KeepStateResponse.self, "bytes") { Wire().number(2, $0) }
        check(StoreStateResponse.self, "disk_bytes") { Wire().number(1, $0) }
        for (field, name) in [(2, "length"), (3, "bytes"), (4, "own_bytes"), (5, "disk_bytes"), (7, "idle_ms")] {
            check(ListStatesResponse.self, name) {
                Wire().message(1, Wire().number(1, 1)).message(1, Wire().number(UInt64(field), $0))
            }
        }
        check(ListStatesResponse.self, "shared_bytes") { Wire().number(2, $0) }
        check(ListStatesResponse.self, "used_bytes") { Wire().number(3, $0) }
        check(KeptStateDescription.self, "worth_ms") { Wire().number(2, $0) }
        check(ExportStateRequest.self, "offset") { Wire().number(4, $0) }
        check(ExportStateRequest.self, "bytes_max") { Wire().number(5, $0) }
        check(ExportStateResponse.self, "file_bytes") { Wire().number(1, $0) }
        check(ImportStateRequest.self, "offset") { Wire().number(6, $0) }
        check(ImportStateResponse.self, "length") { Wire().number(1, $0) }
        check(SublayerRequest.self, "start") { Wire().message(2, Wire().number(1, 1)).message(2, Wire().number(2, $0)) }
        check(AnnounceResponse.self, "plan_version") { Wire().number(2, $0) }
    }

    @Test("slices that there are not are refused; none is the whole")
    func slices() throws {
        func unit(_ slice: UInt64, _ slices: UInt64) -> [UInt8] {
            Wire().message(2, Wire().number(1, 1).number(3, slice).number(4, slices)).bytes
        }
        func group(_ slice: UInt64, _ slices: UInt64) -> [UInt8] {
            Wire().message(3, Wire().number(3, slice).number(4, slices)).bytes
        }
        let wrong: [(UInt64, UInt64)] = [(0, 3), (2, 2), (8, 8), (1, 0), (0, 16), (0, 1 << 31), (1 << 31, 8)]
        for (slice, slices) in wrong {
            for error in [
                #expect(throws: MessageError.self) { try decode(RetainRequest.self, unit(slice, slices)) },
                #expect(throws: MessageError.self) { try decode(ExpertRequest.self, group(slice, slices)) },
            ] {
                #expect(error?.reason.hasPrefix("slice \(slice) of \(max(1, slices)), expected") == true)
            }
        }
        #expect(try decode(RetainRequest.self, unit(0, 0)).units == [ExpertUnit(layer: 1, expert: 0)])
    }

    @Test("text that is no UTF-8 is repaired, not trusted")
    func invalidText() throws {
        let found = try decode(AnnounceRequest.self, Wire().data(1, [0x61, 0xFF, 0xC0, 0x62]).bytes)
        #expect(found.name.hasPrefix("a\u{FFFD}") && found.name.hasSuffix("b"))
    }
}
