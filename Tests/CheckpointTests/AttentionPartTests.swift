import Tensors
import Testing

@testable import Checkpoint

@Suite("Parts of attention") struct AttentionPartTests {
    @Test("only 1, 2, 4 and 8 parts exist")
    func counts() {
        #expect(AttentionPart(index: 0, count: 1) == .whole)
        for (index, count) in [(0, 0), (0, 3), (-1, 2), (2, 2), (8, 8), (0, 16), (0, -2)] {
            #expect(AttentionPart(index: index, count: count) == nil, "\(index) of \(count)")
        }
    }

    @Test("parts cover everything once, in order, at borders that smaller numbers of parts share")
    func ranges() {
        for things in [1, 7, 8, 12, 64, 1001, 200_064] {
            for count in AttentionPart.counts {
                let ranges = AttentionPart.all(of: count).map { $0.range(of: things) }
                #expect(ranges.flatMap { Array($0) } == Array(0 ..< things))
            }
            for part in AttentionPart.all(of: 4) {
                let halves = AttentionPart.all(of: 8)[2 * part.index ..< 2 * part.index + 2].map {
                    $0.range(of: things)
                }
                #expect(halves[0].lowerBound ..< halves[1].upperBound == part.range(of: things))
            }
        }
    }

    @Test(
        "heads are cut evenly, groups of key/value heads only where a part ends inside one",
        arguments: [
            (8, 2, 4, [0 ..< 1, 0 ..< 1, 1 ..< 2, 1 ..< 2]), (12, 3, 4, [0 ..< 1, 0 ..< 2, 1 ..< 3, 2 ..< 3]),
            (12, 3, 1, [0 ..< 3]), (6, 1, 2, [0 ..< 1, 0 ..< 1]), (4, 4, 2, [0 ..< 2, 2 ..< 4]),
        ] as [(Int, Int, Int, [Range<Int>])])
    func heads(heads: Int, keyValueHeads: Int, parts: Int, expected: [Range<Int>]) throws {
        let config = try parse(
            originalConfig(["num_attention_heads": "\(heads)", "num_key_value_heads": "\(keyValueHeads)"]))
        let all = AttentionPart.all(of: parts)
        #expect(all.map { config.heads(of: $0).count } == Array(repeating: heads / parts, count: parts))
        #expect(all.flatMap { Array(config.heads(of: $0)) } == Array(0 ..< heads))
        #expect(all.map { config.keyValueHeads(of: $0) } == expected)
    }

    @Test(
        "no more parts than the sums over heads have, nor than groups of columns that share a scale allow",
        arguments: [
            (64, 128, 0, 8), (12, 8, 0, 4), (6, 16, 0, 2), (5, 16, 0, 1),
            (16, 32, 8, 8), (16, 32, 4, 8), (8, 32, 8, 4), (8, 32, 4, 8), (8, 12, 8, 1), (8, 12, 4, 1), (8, 24, 4, 2),
        ])
    func partsMax(heads: Int, dimension: Int, bits: Int, expected: Int) throws {
        let quantization =
            "{\"quant_method\": \"minimax-cluster\", \"bits\": \(bits), \"group_size\": \(bits == 8 ? 64 : 32)}"
        let config = try parse(
            originalConfig([
                "num_attention_heads": "\(heads)", "num_key_value_heads": "1", "head_dim": "\(dimension)",
                "quantization_config": bits == 0 ? nil : quantization,
            ]))
        #expect(config.attentionPartsMax == expected)
    }
}

@Suite("Weights of parts of attention") struct PartWeightsTests {
    /// 12 heads of 3 groups, of 4 components.
    private static let config = originalConfig(["num_attention_heads": "12", "num_key_value_heads": "3"])
    private static let d = 4, heads = 12

    /// Rows or columns of a matrix, in order.
    private func rows(_ matrix: WeightMatrix, _ indices: some Sequence<Int>) -> [UInt32] {
        indices.flatMap { matrix.floats(ofRows: [$0]).map(\.bitPattern) }
    }
    private func columns(_ matrix: WeightMatrix, _ indices: Range<Int>) -> [UInt32] {
        (0 ..< matrix.rows).flatMap { matrix.floats(ofRows: [$0])[indices].map(\.bitPattern) }
    }
    private func all(_ matrix: WeightMatrix) -> [UInt32] { matrix.floats().map(\.bitPattern) }

    @Test("are the rows and columns of the part's heads", arguments: [1, 2, 4])
    func slices(count: Int) throws {
        let files = try open(config: Self.config, tinyTensors(parse(Self.config))), d = Self.d
        let lightning = try files.lightning(0), softmax = try files.softmax(1)
        for part in AttentionPart.all(of: count) {
            let heads = Self.heads / count * part.index ..< Self.heads / count * (part.index + 1)
            let inner = heads.lowerBound * d ..< heads.upperBound * d
            let keyValue = heads.lowerBound / 4 * d ..< (heads.upperBound + 3) / 4 * d
            let some = try files.lightning(0, part)
            #expect(all(some.qkv) == rows(lightning.qkv, 3 * inner.lowerBound ..< 3 * inner.upperBound))
            #expect(all(some.outputGate) == rows(lightning.outputGate, inner))
            #expect(all(some.norm) == columns(lightning.norm, inner))
            #expect(all(some.out) == columns(lightning.out, inner))
            let others = try files.softmax(1, part)
            #expect(all(others.q) == rows(softmax.q, inner) && all(others.o) == columns(softmax.o, inner))
            #expect(all(others.k) == rows(softmax.k, keyValue) && all(others.v) == rows(softmax.v, keyValue))
        }
    }

    @Test("a matrix that is stored in wider groups than the config says is not cut inside one")
    func storedTypes() throws {
        let statement = "{\"quant_method\": \"minimax-cluster\", \"bits\": 4, \"group_size\": 32}"
        let text = originalConfig([
            "num_attention_heads": "8", "num_key_value_heads": "1", "head_dim": "32",
            "quantization_config": .some(statement),
        ])
        let tensors = try tinyTensors(parse(text)), name = "model.layers.1.self_attn.o_proj.weight"
        let place = try #require(tensors.firstIndex { $0.name == name })
        #expect(try open(config: text, tensors).attentionPartsMax() == 8)
        for (type, expected) in [(.int4, 8), (.int8, 4)] as [(ElementType, Int)] {
            let quantized = QuantizedTensor(NamedTensor(name: name, shape: tensors[place].shape), as: type)
            var others = tensors
            others.remove(at: place)
            others += [quantized.elements, quantized.scales].map {
                TestTensor(
                    name: $0.name, elementType: $0.elementType, shape: $0.shape,
                    bytes: [UInt8](repeating: 0, count: $0.byteCount))
            }
            #expect(try open(config: text, others).attentionPartsMax() == expected, "\(type)")
        }
    }
}
