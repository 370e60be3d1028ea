import AdminMessages
import Checkpoint
import TestSupport
import Testing

@testable import Router

@Suite("Arrangement of attention") struct AttentionArrangementTests {
    private typealias Process = AttentionArrangement.Process

    private static let cost = AttentionCost(partsMax: 8, layerCount: 80, bytes: 8e9)

    private func process(_ name: String, _ number: Int = 1, machine: String? = nil) -> Process {
        Process(id: Member.ID(name: name, number: number), machine: machine ?? name, bandwidth: 10e9)
    }

    private func arrangement(_ wanted: AttentionPartsGoal, expected: Int = 1) -> AttentionArrangement {
        AttentionArrangement(Self.cost, wanted: wanted, expected: expected)
    }

    @Test("each process is a replica where there is one part")
    func onePart() {
        var arrangement = arrangement(.fixed(1))
        let a = process("a"), b = process("b")
        #expect(arrangement.arrange([]) == .init())
        #expect(arrangement.arrange([b]).formed.map(\.members) == [[b.id]])
        let joined = arrangement.arrange([a, b])
        #expect(joined.dissolved.isEmpty && joined.formed.map(\.members) == [[a.id]])
        #expect(arrangement.arrange([a, b]) == .init())
        let lost = arrangement.arrange([a])
        #expect(lost.dissolved == [ReplicaID(rawValue: 1)] && lost.formed.isEmpty)
    }

    @Test("parts are given in the order of names, also to a process that starts again")
    func partsInOrder() {
        var arrangement = arrangement(.fixed(2))
        let a = process("a"), b = process("b"), again = process("a", 3)
        #expect(
            arrangement.missing(processes: 1) == "1 of 2 attention services are connected; attention is to have 2 parts"
        )
        #expect(arrangement.arrange([b]) == .init())
        #expect(arrangement.arrange([b, a]).formed.map(\.members) == [[a.id, b.id]])
        #expect(arrangement.place(of: b.id)?.part == 1)
        #expect(arrangement.arrange([b]).dissolved.count == 1)
        #expect(arrangement.place(of: b.id) == nil)
        #expect(arrangement.arrange([b, again]).formed.map(\.members) == [[again.id, b.id]])
    }

    @Test("the first arrangement waits for the expected processes, later ones do not")
    func expected() {
        var arrangement = arrangement(.fixed(1), expected: 3)
        let all = ["a", "b", "c"].map { process($0) }
        #expect(arrangement.arrange(Array(all[..<2])) == .init())
        #expect(arrangement.missing(processes: 2) == "2 of 3 attention services are connected")
        #expect(arrangement.arrange(all).formed.count == 3)
        #expect(arrangement.arrange([]).dissolved.count == 3)
        #expect(arrangement.arrange(Array(all[..<1])).formed.count == 1)
    }

    @Test("another number of parts dissolves all replicas")
    func change() {
        var arrangement = arrangement(.fixed(1))
        let all = ["a", "b", "c"].map { process($0) }
        _ = arrangement.arrange(all)
        arrangement.wanted = .fixed(2)
        let changes = arrangement.arrange(all)
        #expect(changes.dissolved.count == 3)
        #expect(changes.formed.map(\.members) == [[all[0].id, all[1].id]])
    }

    @Test(
        "a number of parts for which there are too few processes comes once there are enough; nothing changes before"
    )
    func tooFew() {
        var arrangement = arrangement(.fixed(1))
        let all = ["a", "b", "c", "d"].map { process($0) }
        _ = arrangement.arrange(Array(all[..<2]))
        arrangement.wanted = .fixed(4)
        #expect(arrangement.arrange(Array(all[..<2])) == .init() && arrangement.partCount == 1)
        #expect(
            arrangement.arrange(Array(all[..<3])).formed.map(\.members) == [[all[2].id]], "it serves with what it has")
        let enough = arrangement.arrange(all)
        #expect(enough.dissolved.count == 3 && enough.formed.map(\.members) == [all.map(\.id)])
        #expect(arrangement.arrange(Array(all[1...])).dissolved.count == 1)
        #expect(arrangement.replicas.isEmpty && arrangement.missing(processes: 3).hasPrefix("3 of 4 "))
    }

    @Test("one that is about to stop stays in its replica, and comes into no new one")
    func draining() {
        var arrangement = arrangement(.fixed(2))
        var all = ["a", "b", "c", "d"].map { process($0) }
        _ = arrangement.arrange(all)
        all[0].isDraining = true
        #expect(arrangement.arrange(all) == .init())
        arrangement.wanted = .fixed(1)
        let changes = arrangement.arrange(all)
        #expect(changes.dissolved.count == 2 && changes.formed.map(\.members) == all[1...].map { [$0.id] })
        #expect(arrangement.place(of: all[0].id) == nil)
    }

    @Test("auto cuts for machines of their own where that pays, and stays with it while a replica lives")
    func auto() {
        let machines = (0 ..< 8).map { process("m\($0)") }
        let together = (0 ..< 8).map { process("p\($0)", machine: "m") }
        var apart = arrangement(.auto, expected: 2)
        #expect(apart.arrange(Array(machines[..<2])).formed.map(\.members.count) == [2])
        #expect(apart.arrange(machines).formed.map(\.members.count) == [2, 2, 2])
        var large = arrangement(.auto, expected: 8)
        #expect(large.arrange(machines).formed.map(\.members.count) == [8])
        var one = arrangement(.auto)
        #expect(one.arrange(together).formed.map(\.members.count) == Array(repeating: 1, count: 8))
        // What is left when a part has gone for good serves with fewer parts.
        #expect(large.arrange(Array(machines[..<5])).formed.map(\.members.count) == [4])
        let small = AttentionCost(partsMax: 8, layerCount: 16, bytes: 4e6)
        #expect(small.partCount(for: machines) == 1)
        #expect(AttentionCost(partsMax: 2, layerCount: 80, bytes: 8e9).partCount(for: machines) == 2)
        // Calls that take longer than reading does leave less to be gained.
        let far = machines.map { Process(id: $0.id, machine: $0.machine, bandwidth: $0.bandwidth, hop: 50e-3) }
        #expect(Self.cost.partCount(for: far) == 1)
        #expect(Self.cost.partCount(for: Array(machines.dropLast()) + [far[0]]) == 1, "the slowest one decides")
    }

    @Test("in any sequence of events replicas are disjoint, whole, of one size, and as many as there can be")
    func stories() {
        for seed in UInt64(0) ..< 500 {
            var random = SplitMix64(seed: seed)
            var arrangement = arrangement(.fixed(2), expected: Int.random(in: 1 ... 3, using: &random))
            var processes: [Process] = [], number = 0, live: [ReplicaID: [Member.ID]] = [:], hasBegun = false
            for _ in 0 ..< 60 {
                switch Int.random(in: 0 ..< 5, using: &random) {
                case 0, 1:
                    number += 1
                    let name = "p\(Int.random(in: 0 ..< 9, using: &random))"
                    processes.removeAll { $0.id.name == name }
                    processes.append(process(name, number))
                case 2: if !processes.isEmpty { processes.removeFirst() }
                case 3: processes.shuffle(using: &random)
                default: arrangement.wanted = .fixed(AttentionPart.counts.randomElement(using: &random) ?? 1)
                }
                let changes = arrangement.arrange(processes)
                for id in changes.dissolved { #expect(live.removeValue(forKey: id) != nil) }
                for replica in changes.formed { #expect(live.updateValue(replica.members, forKey: replica.id) == nil) }
                #expect(live == Dictionary(uniqueKeysWithValues: arrangement.replicas.map { ($0.id, $0.members) }))
                let members = live.values.flatMap { $0 }
                #expect(Set(members).count == members.count && Set(members).isSubset(of: processes.map(\.id)))
                hasBegun = hasBegun || !changes.formed.isEmpty
                guard hasBegun, let count = arrangement.partCount else { continue }
                #expect(live.values.allSatisfy { $0.count == count })
                #expect(live.count == processes.count / count, "seed \(seed)")
            }
        }
    }
}
