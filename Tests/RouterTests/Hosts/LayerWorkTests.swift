import Messages
import Tensors
import Testing

@testable import Router

@Suite("Layer work") struct LayerWorkTests {
    private static let columns = 5

    /// Some rows and who computes them; expert 9 sees them all.
    private func work(_ random: inout RandomSource) -> LayerWork {
        let rowCount = Int.random(in: 1 ... 6, using: &random)
        let routes = (0 ..< rowCount).map { _ in
            (0 ..< 8).shuffled(using: &random).prefix(2).map { Route(expert: $0, weight: 0.5) }
        }
        let values = (0 ..< rowCount * Self.columns).map { _ in Float.random(in: -1 ... 1, using: &random) }
        return LayerWork(
            layer: 3, input: Tensor(columns: Self.columns, values: values), groups: TokenGroups(routes, sharedExpert: 9)
        )
    }

    /// What a slice of an expert gives: random for an eighth, the sum of its halves else.
    private final class SliceSums {
        private var values: [ExpertPiece: [Float]] = [:]

        func sum(_ piece: ExpertPiece, count: Int, _ random: inout RandomSource) -> [Float] {
            if let known = values[piece] { return known }
            let sum: [Float] =
                if let (first, second) = piece.halves {
                    zip(self.sum(first, count: count, &random), self.sum(second, count: count, &random)).map { $0 + $1 }
                } else {
                    (0 ..< count).map { _ in Float.random(in: -1e3 ... 1e3, using: &random) }
                }
            values[piece] = sum
            return sum
        }
    }

    @Test(
        "however an expert was cut, and in whatever order the answers come, the sums are the same bits",
        arguments: 0 ..< 10)
    func tree(seed: UInt64) {
        var random = RandomSource(seed: seed)
        let work = work(&random), sums = SliceSums()
        func answer(_ piece: ExpertPiece) -> PieceAnswer {
            let values = sums.sum(piece, count: work.groups.groups[piece.group].members.count * Self.columns, &random)
            return PieceAnswer(piece: piece, values: values[...])
        }
        let expected = work.pieces.map { answer($0).values.map(\.bitPattern) }
        for _ in 0 ..< 50 {
            let cut = work.pieces.flatMap { TestHosts.randomCut($0, &random) }.shuffled(using: &random)
            let outputs = work.outputs(cut.map { answer($0) })
            #expect(outputs.map { $0.values.map(\.bitPattern) } == expected, "\(cut)")
            #expect(outputs.map(\.rows) == work.groups.groups.map(\.members.count))
        }
    }

    @Test("a sum in another order would be another one: the test above can fail")
    func orderMatters() {
        var random = RandomSource(seed: 3)
        let eighths = (0 ..< 8).map { _ in Float.random(in: -1e3 ... 1e3, using: &random) }
        let tree =
            ((eighths[0] + eighths[1]) + (eighths[2] + eighths[3]))
            + ((eighths[4] + eighths[5]) + (eighths[6] + eighths[7]))
        let others = (0 ..< 20).map { _ in eighths.shuffled(using: &random).reduce(0, +) }
        #expect(others.contains { $0 != tree })
    }

    @Test("a request carries each row once, and its groups point at the rows they need", arguments: 0 ..< 10)
    func request(seed: UInt64) {
        var random = RandomSource(seed: 100 + seed)
        let work = work(&random)
        let pieces = work.pieces.shuffled(using: &random).prefix(.random(in: 1 ... work.pieces.count, using: &random))
            .flatMap { TestHosts.randomCut($0, &random) }
        let request = work.request(HostCall(host: TestHosts.host("a"), pieces: pieces))
        #expect(request.layer == 3)
        #expect(request.groups.map(\.expert) == pieces.map(\.expert))
        #expect(request.groups.map(\.slice) == pieces.map(\.slice))
        let needed = Set(pieces.flatMap { work.groups.groups[$0.group].members.map(\.row) })
        #expect(request.hidden.count == needed.count * Self.columns)
        for (group, piece) in zip(request.groups, pieces) {
            let rows = group.rows.map { Array(request.hidden[Int($0) * Self.columns ..< (Int($0) + 1) * Self.columns]) }
            #expect(rows == work.groups.groups[piece.group].members.map { Array(work.input.row($0.row)) })
        }
    }

    @Test("an answer is taken apart in the order in which it was asked for")
    func answers() {
        var random = RandomSource(seed: 7)
        let work = work(&random)
        let pieces = Array(work.pieces.reversed())
        let counts = pieces.map { work.groups.groups[$0.group].members.count * Self.columns }
        let values = (0 ..< counts.reduce(0, +)).map { Float($0) }
        let answers = work.answers(HostCall(host: TestHosts.host("a"), pieces: pieces), values)
        #expect(answers.map(\.piece) == pieces)
        #expect(answers.map(\.values.count) == counts)
        #expect(answers.flatMap(\.values) == values)
    }

    @Test("more bytes, more rows and less bandwidth take longer")
    func expectation() {
        let routes = (0 ..< 4).map {
            $0 == 0 ? [Route(expert: 0, weight: 0.5), Route(expert: 1, weight: 0.5)] : [Route(expert: 1, weight: 1)]
        }
        let work = LayerWork(
            layer: 0, input: Tensor(rows: 4, columns: 2), groups: TokenGroups(routes, sharedExpert: nil))
        let inventory = TestHosts.inventory(layers: 1, experts: 2, byteCount: 1 << 24)
        func seconds(_ pieces: [ExpertPiece], bandwidth: Int = 1 << 30) -> Double {
            work.expectedSeconds(HostCall(host: TestHosts.host("a", bandwidth: bandwidth), pieces: pieces), inventory)
        }
        let (one, four) = (work.pieces[0], work.pieces[1])
        #expect(seconds([one]) > 0)
        #expect(seconds([one]) < seconds([four]))
        #expect(seconds([four]) < seconds([one, four]))
        #expect(seconds([one.with(ExpertSlice(index: 1, of: 2))]) < seconds([one]))
        #expect(seconds([one], bandwidth: 1 << 31) < seconds([one]))
    }

    // MARK: values

    @Test("one value that is not finite is found wherever it stands")
    func finite() {
        #expect([Float]().areFinite)
        #expect(
            ([
                0, -0.0, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNonzeroMagnitude,
                .leastNormalMagnitude,
            ] as [Float]).areFinite)
        for wrong in [Float.nan, .signalingNaN, -.nan, .infinity, -.infinity] {
            for place in 0 ..< 37 {
                var values = [Float](repeating: -1, count: 37)
                values[place] = wrong
                #expect(!values.areFinite, "\(wrong) at \(place)")
            }
        }
        var random = RandomSource(seed: 11)
        for _ in 0 ..< 5000 {
            let values = (0 ..< 20).map { _ in Float(bitPattern: .random(in: .min ... .max, using: &random)) }
            #expect(values.areFinite == values.allSatisfy(\.isFinite))
        }
    }

    @Test("vectors are added element by element")
    func adding() {
        #expect(([1, 2, 3] as [Float]).adding([10, 20, 30]) == [11, 22, 33])
        #expect([Float]().adding([]) == [])
    }
}
