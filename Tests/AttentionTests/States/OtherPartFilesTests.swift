import Checkpoint
import Messages
import TestSupport
import Testing

@testable import Attention

@Suite("Files of other parts") struct OtherPartFilesTests {
    private static let parts = AttentionPart.all(of: 2) + AttentionPart.all(of: 4)

    private func entry(_ id: StateID, bytes: Int, worth: Int = 1) -> KeptEntry {
        KeptEntry(
            id: id, about: .init(owner: "me", router: 1, tokens: [1], worth: .seconds(worth)), length: 1, memory: nil,
            diskBytes: bytes, lastUse: .zero)
    }

    @Test("are taken out with their part, and counted until then; one name is one file")
    func take() {
        var files = OtherPartFiles()
        let parts = Self.parts
        files.add([entry(1, bytes: 10), entry(2, bytes: 20)], of: parts[0])
        files.add([entry(2, bytes: 5), entry(3, bytes: 100)], of: parts[1])
        #expect(files.byteCount == 115, "the file of state 2 was written anew")
        files.forget(3)
        files.forget(9)
        #expect(files.byteCount == 15)
        let none = files.take(parts[2]), first = files.take(parts[0]), again = files.take(parts[0])
        #expect(none.isEmpty && first.map(\.id) == [1] && again.isEmpty && files.byteCount == 5)
        #expect(files.take(parts[1]).map(\.id) == [2] && files.byteCount == 0)
    }

    @Test("are taken out with their owners, whatever part they are of")
    func owners() {
        var files = OtherPartFiles()
        let other = KeptEntry(
            id: 3, about: .init(owner: "you", router: 2, tokens: [1]), length: 1, memory: nil, diskBytes: 100,
            lastUse: .zero)
        files.add([entry(1, bytes: 10), other], of: Self.parts[0])
        files.add([entry(2, bytes: 20)], of: Self.parts[1])
        #expect(files.owners == ["me", "you"])
        let mine = files.remove(of: ["me", "them"])
        #expect(Set(mine.map(\.id)) == [1, 2] && files.byteCount == 100 && files.owners == ["you"])
    }

    @Test("come out with nothing of the calls that had to do with them")
    func rest() {
        var files = OtherPartFiles(), busy = entry(1, bytes: 10)
        (busy.isMoving, busy.waitingCount) = (true, 3)
        busy.memory = KeptState(length: 1, layers: [])
        files.add([busy], of: Self.parts[0])
        let found = files.take(Self.parts[0])
        #expect(found.count == 1)
        #expect(found.allSatisfy { $0.memory == nil && !$0.isMoving && $0.waitingCount == 0 && $0.diskBytes == 10 })
    }

    @Test("the least valuable one goes first, whichever part it is of")
    func order() {
        var files = OtherPartFiles()
        files.add([entry(1, bytes: 10, worth: 3), entry(2, bytes: 10, worth: 1)], of: Self.parts[0])
        files.add([entry(3, bytes: 10, worth: 2), entry(4, bytes: 1000, worth: 3)], of: Self.parts[3])
        var order: [StateID] = []
        while let next = files.removeLeastValuable(at: .seconds(5)) { order.append(next.id) }
        #expect(order == [4, 2, 3, 1] && files.byteCount == 0)
    }

    @Test("bytes are those of what is there, whatever was added and taken", arguments: 0 ..< 10 as Range<UInt64>)
    func bytes(seed: UInt64) {
        var random = SplitMix64(seed: seed), files = OtherPartFiles(),
            there: [StateID: (part: AttentionPart, bytes: Int)] = [:]
        for _ in 0 ..< 300 {
            let id = StateID(rawValue: UInt64.random(in: 1 ... 12, using: &random))
            let part = Self.parts.randomElement(using: &random)!
            switch Int.random(in: 0 ..< 6, using: &random) {
            case 0:
                let taken = Set(files.take(part).map(\.id))
                #expect(taken == Set(there.filter { $0.value.part == part }.keys))
                for id in taken { there[id] = nil }
            case 1:
                files.forget(id)
                there[id] = nil
            case 2:
                let gone = files.removeLeastValuable(at: .zero)
                #expect((gone == nil) == there.isEmpty)
                if let gone { there[gone.id] = nil }
            default:
                let bytes = Int.random(in: 1 ... 1000, using: &random)
                files.add([entry(id, bytes: bytes)], of: part)
                there[id] = (part, bytes)
            }
            #expect(files.byteCount == there.values.reduce(0) { $0 + $1.bytes })
        }
    }
}
