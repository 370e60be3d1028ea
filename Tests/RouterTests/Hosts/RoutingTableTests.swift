import Messages
import Testing

@testable import Router

@Suite("Routing table") struct RoutingTableTests {
    private static let inventory = TestHosts.inventory(layers: 1, experts: 8)

    /// A host that holds the same part of every expert.
    private func member(
        _ name: String, ready: UInt8 = 0xFF, wanted: UInt8 = 0xFF, bandwidth: Int = 1 << 30
    ) -> RoutingTable.Member {
        RoutingTable.Member(
            host: TestHosts.host(name), ready: UnitMap(Self.inventory, all: ready),
            wanted: UnitMap(Self.inventory, all: wanted), speed: Double(bandwidth))
    }

    private func table(_ members: [RoutingTable.Member], cuts: Int = 1) -> RoutingTable {
        RoutingTable(members: members, cuts: [[Int](repeating: cuts, count: 8)])
    }

    private func pieces(_ count: Int) -> [ExpertPiece] {
        (0 ..< count).map { ExpertPiece(group: $0, expert: $0, slice: .whole) }
    }

    /// Slices by the name of the host that is asked for them.
    private func asked(_ calls: [HostCall]) -> [String: [ExpertSlice]] {
        Dictionary(uniqueKeysWithValues: calls.map { ($0.host.name, $0.pieces.map(\.slice)) })
    }

    @Test("what the plan wants of a host is asked of it; of others only where no wanted host holds it")
    func wanted() {
        let both = table([member("a", wanted: 0), member("b")]).calls(0, pieces(3))
        #expect(both.calls.map(\.host.name) == ["b"])
        let first = table([member("a", wanted: 0), member("b", ready: 0)]).calls(0, pieces(3))
        #expect(first.calls.map(\.host.name) == ["a"])
        #expect(first.calls[0].pieces == pieces(3))
        #expect(both.missing.isEmpty && first.missing.isEmpty)
    }

    @Test("two hosts that hold a half each are asked for a half each, though the plan cuts nothing")
    func halves() {
        let (calls, missing) = table([member("a", ready: 0x0F), member("b", ready: 0xF0)]).calls(0, pieces(1))
        #expect(asked(calls) == ["a": [ExpertSlice(index: 0, of: 2)], "b": [ExpertSlice(index: 1, of: 2)]])
        #expect(missing.isEmpty)
    }

    @Test("what nobody holds is told, and the rest is asked for all the same")
    func missing() {
        let (calls, missing) = table([member("a", ready: 0b0000_0111)]).calls(0, pieces(1))
        #expect(asked(calls) == ["a": [ExpertSlice(index: 0, of: 4), ExpertSlice(index: 2, of: 8)]])
        #expect(missing.map(\.slice) == (3 ..< 8).map { ExpertSlice(index: $0, of: 8) })
        #expect(table([]).calls(0, pieces(2)).calls.isEmpty)
    }

    @Test("neighbours that go to one host become one piece, across every level", arguments: [1, 2, 4, 8])
    func merged(cuts: Int) {
        #expect(asked(table([member("a")], cuts: cuts).calls(0, pieces(1)).calls) == ["a": [.whole]])
        let (calls, _) = table([member("a", ready: 0x3F), member("b", ready: 0xC0)], cuts: cuts).calls(0, pieces(1))
        #expect(
            asked(calls) == [
                "a": [ExpertSlice(index: 0, of: 2), ExpertSlice(index: 2, of: 4)], "b": [ExpertSlice(index: 3, of: 4)],
            ])
    }

    @Test("halves of different experts are never taken for one")
    func differentGroups() {
        let pieces = (0 ..< 2).map {
            ExpertPiece(group: $0, expert: $0, slice: ExpertSlice(index: $0, of: 2))
        }
        #expect(table([member("a")]).calls(0, pieces).calls.map(\.pieces) == [pieces])
    }

    @Test("copies share the work by bandwidth")
    func balance() {
        let equal = table([member("a"), member("b")]).calls(0, pieces(8)).calls
        #expect(equal.map(\.pieces.count) == [4, 4])
        let unequal = table([member("a", bandwidth: 3 << 30), member("b")]).calls(0, pieces(8)).calls
        #expect(unequal.map(\.pieces.count) == [6, 2])
    }

    @Test("hosts that failed are not asked; those that are late only if anyone will do")
    func avoided() {
        var late = member("late")
        late.isSound = false
        let failed = member("failed")
        let table = table([failed, late])
        #expect(table.soundCount == 1)
        #expect(table.calls(0, pieces(1)).calls.map(\.host.name) == ["failed"])
        let nobody = table.calls(0, pieces(1), avoiding: [TestHosts.instance("failed")])
        #expect(nobody.calls.isEmpty)
        #expect(!nobody.missing.isEmpty)
        let anyone = table.calls(0, pieces(1), avoiding: [TestHosts.instance("failed")], anyone: true)
        #expect(anyone.calls.map(\.host.name) == ["late"])
    }

    // MARK: random tables

    /// Half of the masks hold all or nothing, as most hosts do.
    private func randomMap(_ random: inout RandomSource) -> UnitMap {
        var map = UnitMap(Self.inventory)
        for expert in 0 ..< 8 {
            let isUsual = Bool.random(using: &random), usual: UInt8 = Bool.random(using: &random) ? 0 : 0xFF
            map[0, expert] = isUsual ? usual : .random(in: .min ... .max, using: &random)
        }
        return map
    }

    @Test(
        "in random tables every eighth is asked for once of somebody who holds it, or nobody does",
        arguments: 0 ..< 20)
    func random(block: UInt64) async throws {
        let trouble = try await RandomWorlds.firstTrouble(block * 100 ..< (block + 1) * 100) { seed in
            var random = RandomSource(seed: seed)
            var members: [RoutingTable.Member] = []
            for index in 0 ..< Int.random(in: 0 ... 5, using: &random) {
                let host = TestHosts.host("\(index)"), speed = Double.random(in: 1 ... 0x1p40, using: &random)
                let isSound = Int.random(in: 0 ..< 5, using: &random) != 0
                members.append(
                    RoutingTable.Member(
                        host: host, isSound: isSound, ready: randomMap(&random), wanted: randomMap(&random),
                        speed: speed))
            }
            let cuts = (0 ..< 8).map { _ in ExpertSlice.counts.randomElement(using: &random)! }
            let table = RoutingTable(members: members, cuts: [cuts])
            let pieces = pieces(8).filter { _ in Bool.random(using: &random) }
                .flatMap { TestHosts.randomCut($0, &random) }
            let avoided = Int.random(in: 0 ..< 3, using: &random) == 0 ? [TestHosts.instance("0")] : []
            let anyone = Bool.random(using: &random)
            let candidates = members.filter { !avoided.contains($0.host.instance) && (anyone || $0.isSound) }
            return Self.trouble(table.calls(0, pieces, avoiding: avoided, anyone: anyone), pieces, cuts, candidates)
        }
        #expect(trouble == nil)
    }

    /// What is wrong with the calls; nil if nothing is.
    private static func trouble(
        _ result: (calls: [HostCall], missing: [ExpertPiece]), _ pieces: [ExpertPiece], _ cuts: [Int],
        _ candidates: [RoutingTable.Member]
    ) -> String? {
        var eighths: [Int: UInt8] = [:]
        for piece in result.calls.flatMap(\.pieces) + result.missing {
            guard eighths[piece.group, default: 0] & piece.slice.eighths == 0 else { return "\(piece) comes twice" }
            eighths[piece.group, default: 0] |= piece.slice.eighths
            guard piece.expert == piece.group else { return "\(piece) has another expert's number" }
        }
        for piece in pieces where eighths[piece.group, default: 0] & piece.slice.eighths != piece.slice.eighths {
            return "some of \(piece) is neither asked for nor missing"
        }
        let wished = pieces.reduce(into: [Int: UInt8]()) { $0[$1.group, default: 0] |= $1.slice.eighths }
        guard eighths == wished else { return "more is asked for than was wished" }

        for piece in result.missing {
            guard piece.slice.count == 8 else { return "\(piece) is missing as a whole" }
            let isHeld = candidates.contains { $0.ready[0, piece.expert] & piece.slice.eighths != 0 }
            if isHeld { return "\(piece) is held and called missing" }
        }
        guard Set(result.calls.map(\.host.name)).count == result.calls.count else { return "a host gets two calls" }
        for call in result.calls {
            guard let member = candidates.first(where: { $0.host.name == call.host.name }) else {
                return "\(call.host.name) must not be asked"
            }
            if let trouble = trouble(call, member, cuts, candidates) { return trouble }
        }
        return nil
    }

    private static func trouble(
        _ call: HostCall, _ member: RoutingTable.Member, _ cuts: [Int], _ candidates: [RoutingTable.Member]
    ) -> String? {
        guard !call.pieces.isEmpty else { return "\(call.host.name) is asked for nothing" }
        for piece in call.pieces {
            guard piece.slice.eighths & ~member.ready[0, piece.expert] == 0 else {
                return "\(call.host.name) does not hold \(piece)"
            }
            let sibling = call.pieces.first {
                $0.group == piece.group && $0.slice != piece.slice && $0.slice.parent != nil
                    && $0.slice.parent == piece.slice.parent
            }
            guard sibling == nil else { return "\(piece) was not merged with its other half" }
            // Where eighths are placed one by one, the plan's wish decides for each of them.
            guard cuts[piece.expert] == 8 else { continue }
            for slice in TestHosts.slices where slice.count == 8 && slice.eighths & piece.slice.eighths != 0 {
                let isWanted = member.wanted[0, piece.expert] & slice.eighths != 0
                let other = candidates.contains {
                    $0.ready[0, piece.expert] & $0.wanted[0, piece.expert] & slice.eighths != 0
                }
                guard isWanted || !other else {
                    return "\(slice) of \(piece) is asked of \(call.host.name), and another is wanted for it"
                }
            }
        }
        return nil
    }
}

@Suite("Waiting for a routing table") struct RoutingTests {
    @Test("a wait ends with the next table, with a signal, and when its task is cancelled", .timeLimit(.minutes(1)))
    func waiting() async {
        let routing = Routing()
        let serial = routing.table.serial
        for end in 0 ..< 3 {
            let waiting = Task { await routing.wait(after: end == 0 ? serial : routing.table.serial) }
            switch end {
            case 0: routing.publish(RoutingTable())
            case 1:
                await Task.yield()
                waiting.cancel()
            default:
                // Signals until it is heard, since nobody tells when a task has begun to wait.
                let signals = Task { while !Task.isCancelled { routing.signal(); await Task.yield() } }
                await waiting.value
                signals.cancel()
            }
            await waiting.value
        }
    }
}
