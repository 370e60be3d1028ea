import Checkpoint
import Foundation
import Tensors
import Testing

@testable import Attention

@Suite("A whole softmax layer") struct SoftmaxLayerTests {
    /// A fixture's first softmax layer, and what its config says of it.
    struct Subject: Sendable, CustomTestStringConvertible {
        let name: String
        let layer: Int
        let headCount: Int, keyValueHeadCount: Int, d: Int
        let rotaryDimension: Int, theta: Double
        let window: Int?
        let columns: Int
        var testDescription: String { name }
    }

    static let subjects = [
        Subject(
            name: "mixed-original", layer: 1, headCount: 6, keyValueHeadCount: 1, d: 16, rotaryDimension: 8, theta: 1e7,
            window: nil, columns: 40),
        Subject(
            name: "sliding-window", layer: 0, headCount: 4, keyValueHeadCount: 2, d: 8, rotaryDimension: 4, theta: 1e4,
            window: 7, columns: 32),
    ]

    private func fresh(_ subject: Subject, _ format: FloatFormat = .float32) -> KeyValueCache {
        KeyValueCache.fresh(headCount: subject.keyValueHeadCount, headDimension: subject.d, format)
    }

    private func layer(_ subject: Subject) throws -> SoftmaxAttention {
        try SoftmaxAttention(Fixture.files(subject.name), layer: subject.layer)
    }

    /// What the layer must give for a sequence that begins with `input`: (rows, D).
    private func expected(_ input: Tensor, _ subject: Subject) throws -> Formulas.Matrix {
        let weights = try Fixture.files(subject.name).softmax(subject.layer), d = subject.d
        func rotated(_ rows: Formulas.Matrix) -> Formulas.Matrix {
            rows.enumerated().map { position, head in
                Formulas.rotated(head, position: position, dimension: subject.rotaryDimension, theta: subject.theta)
            }
        }
        let rows = input.inDouble, groupSize = subject.headCount / subject.keyValueHeadCount
        let allKeys = Formulas.product(rows, weights.k), allValues = Formulas.product(rows, weights.v)
        let keys = (0 ..< subject.keyValueHeadCount).map { rotated(Formulas.head($0, of: allKeys, d)) }
        let values = (0 ..< subject.keyValueHeadCount).map { Formulas.head($0, of: allValues, d) }
        let queries = Formulas.product(rows, weights.q)
        let heads = (0 ..< subject.headCount).map { head in
            rotated(Formulas.head(head, of: queries, d)).enumerated().map { position, query in
                let seen = max(0, position + 1 - (subject.window ?? .max)) ..< position + 1
                return Formulas.attended(query, keys[head / groupSize][seen], values[head / groupSize][seen])
            }
        }
        return Formulas.product(rows.indices.map { row in heads.flatMap { $0[row] } }, weights.o)
    }

    @Test("is its formula in Double: rotation, groups of heads, pages and windows", arguments: subjects)
    func formula(subject: Subject) throws {
        let rows = 150
        let input = Tensor(columns: subject.columns, values: pattern(rows * subject.columns, seed: 1))
        let found = try layer(subject).attend(input, [(fresh(subject), 0 ..< rows)], Compute(threads: 1))
        let expected = try expected(input, subject)
        for row in 0 ..< rows {
            #expect(relativeDifference(found.row(row), expected[row]) < 2e-5, "row \(row)")
        }
    }

    @Test(
        "gives the same bytes and comes to the same memory, however its rows are cut into calls, in either format",
        arguments: subjects, FloatFormat.allCases)
    func chunks(subject: Subject, format: FloatFormat) throws {
        let compute = Compute(threads: 1), layer = try layer(subject), whole = fresh(subject, format)
        let input = Tensor(columns: subject.columns, values: pattern(260 * subject.columns, seed: 3))
        let expected = layer.attend(input, [(whole, 0 ..< 260)], compute)
        let shape = KeyValueShape(
            headCount: subject.keyValueHeadCount, headDimension: subject.d, format: format)
        for lengths in cuts(of: 260) {
            var found: [Float] = [], first = 0
            let cache = fresh(subject, format)
            for length in lengths {
                let rows = input.rows(first ..< first + length)
                found += layer.attend(rows, [(cache, 0 ..< length)], compute).values
                first += length
            }
            let isSame = bits(found) == bits(expected.values)
            #expect(isSame, "cut into \(lengths)")
            #expect(cache.values(shape) == whole.values(shape), "cut into \(lengths)")
        }
    }

    @Test("in bf16 stores the numbers of f32, rounded, and gives nearly the same", arguments: subjects)
    func rounded(subject: Subject) throws {
        let compute = Compute(threads: 1), layer = try layer(subject), rows = 150
        let exact = fresh(subject), rounded = fresh(subject, .bfloat16)
        let input = Tensor(columns: subject.columns, values: pattern(rows * subject.columns, seed: 5))
        let expected = layer.attend(input, [(exact, 0 ..< rows)], compute)
        let found = layer.attend(input, [(rounded, 0 ..< rows)], compute)
        let shape = KeyValueShape(headCount: subject.keyValueHeadCount, headDimension: subject.d)
        #expect(rounded.values(shape) == exact.values(shape).map { ($0 &+ 0x7fff &+ ($0 >> 16 & 1)) & 0xffff_0000 })
        #expect(rounded.pages.reduce(0) { $0 + $1.byteCount } * 2 == exact.pages.reduce(0) { $0 + $1.byteCount })
        #expect(bits(found.values) != bits(expected.values))
        #expect(relativeDifference(found.values, expected.inDouble.joined().map { $0 }) < 0.01)
    }

    @Test("with a window reads nothing that lies further back, and without one reads all")
    func window() throws {
        for subject in Self.subjects {
            let compute = Compute(threads: 1), layer = try layer(subject)
            var input = Tensor(columns: subject.columns, values: pattern(100 * subject.columns, seed: 9))
            let before = layer.attend(input, [(fresh(subject), 0 ..< 100)], compute)
            for column in 0 ..< subject.columns { input[70, column] += 0.5 }
            let after = layer.attend(input, [(fresh(subject), 0 ..< 100)], compute)
            let changed = (0 ..< 100).filter { bits(before.row($0)) != bits(after.row($0)) }
            #expect(changed == Array(70 ..< min(100, 70 + (subject.window ?? .max - 70))), "\(subject.name)")
        }
    }
}
