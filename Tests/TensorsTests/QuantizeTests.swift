import Testing

@testable import Tensors

/// The quantizer in C against the definition, spelled out here.
@Suite("Quantizing") struct QuantizeTests {
    struct Quantized: Equatable { var elements: [UInt8], scales: [UInt16] }

    /// What the product makes of these weights; nil where it refuses.
    private func quantize(_ weights: WeightMatrix, _ target: ElementType, rows: Range<Int>? = nil) -> Quantized? {
        let rows = rows ?? 0 ..< weights.rows
        var elements = [UInt8](repeating: 0xAA, count: rows.count * target.rowByteCount(columns: weights.columns))
        var scales = [UInt16](repeating: 0xAAAA, count: rows.count * target.scaleCount(columns: weights.columns))
        let isGood = elements.withUnsafeMutableBytes { elements in
            scales.withUnsafeMutableBytes { weights.quantize(rows: rows, to: target, elements: elements, scales: $0) }
        }
        return isGood ? Quantized(elements: elements, scales: scales) : nil
    }

    /// The definition, one row.
    private func defined(_ row: [Float], _ target: ElementType) -> Quantized {
        var result = Quantized(elements: [], scales: [])
        let size = target == .int8 ? 64 : 32
        for start in stride(from: 0, to: row.count, by: size) {
            let group = Array(row[start ..< min(start + size, row.count)])
            let largest = group.map(abs).max()!
            let scale: Float16 =
                target == .int8 ? Float16(largest / 127) : Float16(group.first { abs($0) == largest }! / -8)
            result.scales.append(scale.bitPattern)
            func number(_ weight: Float, _ range: ClosedRange<Float>) -> Int {
                scale == 0
                    ? 0
                    : Int(
                        min(max((weight / Float(scale)).rounded(.toNearestOrEven), range.lowerBound), range.upperBound))
            }
            if target == .int8 {
                result.elements += group.map { UInt8(bitPattern: Int8(number($0, -127 ... 127))) }
            } else {
                let nibbles =
                    group.map { UInt8(number($0, -8 ... 7) + 8) } + Array(repeating: 8, count: size - group.count)
                result.elements += (0 ..< 16).map { nibbles[$0] | nibbles[$0 + 16] << 4 }
            }
        }
        return result
    }

    private func defined(_ values: [Float], columns: Int, _ target: ElementType) -> Quantized {
        stride(from: 0, to: values.count, by: columns).reduce(into: Quantized(elements: [], scales: [])) {
            result, start in
            let row = defined(Array(values[start ..< start + columns]), target)
            result.elements += row.elements
            result.scales += row.scales
        }
    }

    static let pairs: [(ElementType, ElementType)] = [
        (.bfloat16, .int8), (.bfloat16, .int4), (.float32, .int8), (.float32, .int4),
    ]

    @Test("it is the definition at odd sizes, in any alignment", arguments: pairs)
    func sizes(source: ElementType, target: ElementType) {
        for columns in oddSizes {
            for offset in [0, 1, 2] {
                let weights = StoredWeights(
                    rows: 3, columns: columns, source, pattern(3 * columns, seed: offset), offset: offset)
                #expect(
                    quantize(weights.matrix, target) == defined(weights.values, columns: columns, target),
                    "\(columns) columns, offset \(offset)")
            }
        }
    }

    @Test("it is the definition for numbers of all sizes, so for scales of all sizes too", arguments: pairs)
    func magnitudes(source: ElementType, target: ElementType) {
        for exponent in -45 ... 18 {
            let values = pattern(256, seed: exponent + 45).map {
                $0 * Float(sign: .plus, exponent: exponent, significand: 1)
            }
            let weights = StoredWeights(rows: 2, columns: 128, source, values)
            #expect(quantize(weights.matrix, target) == defined(weights.values, columns: 128, target), "2^\(exponent)")
        }
    }

    @Test("ties go to even, and the ends of the range are kept")
    func ties() {
        let eights: [Float] = [127, 0.5, 1.5, 2.5, -0.5, -1.5, -127, 126.5] + Array(repeating: 0, count: 56)
        let int8 = quantize(StoredWeights(rows: 1, columns: 64, .float32, eights).matrix, .int8)
        #expect(int8?.elements.prefix(8).map { Int8(bitPattern: $0) } == [127, 0, 2, 2, 0, -2, -127, 126])
        // 8 is the first: the scale is -1.
        let fours: [Float] = [8, -8, 0.5, 1.5, -7, 7.6, 2.5, -0.5] + Array(repeating: 0, count: 24)
        let int4 = quantize(StoredWeights(rows: 1, columns: 32, .float32, fours).matrix, .int4)
        #expect(int4?.scales == [Float16(-1).bitPattern])
        #expect(int4?.elements.prefix(8).map { Int($0 & 15) - 8 } == [-8, 7, 0, -2, 7, -8, -2, 0])
    }

    @Test("a group of zeros, or of numbers too small for a scale, is zero")
    func zeros() {
        for value in [0, -0, 1e-9, -Float.leastNonzeroMagnitude] as [Float] {
            let weights = StoredWeights(rows: 1, columns: 64, .float32, Array(repeating: value, count: 64)).matrix
            #expect(quantize(weights, .int8)?.elements == Array(repeating: 0, count: 64))
            #expect(quantize(weights, .int4)?.elements == Array(repeating: 0x88, count: 32))
        }
    }

    @Test(
        "a weight that is not finite, or too large for a float16 scale, is refused wherever it stands",
        arguments: [ElementType.int8, .int4])
    func refused(target: ElementType) {
        for bad in [Float.nan, -.nan, .infinity, -.infinity, 1e30, -9e6] {
            for place in [0, 63, 64, 99, 199] {
                var values = pattern(200)
                values[place] = bad
                #expect(
                    quantize(StoredWeights(rows: 2, columns: 100, .float32, values).matrix, target) == nil,
                    "\(bad) at \(place)")
            }
        }
        let largest: Float = target == .int8 ? 65_504 * 127 : 65_504 * 8
        #expect(quantize(StoredWeights(rows: 1, columns: 1, .float32, [largest]).matrix, target) != nil)
    }

    @Test("some rows of a matrix are those rows", arguments: [ElementType.int8, .int4])
    func someRows(target: ElementType) {
        let weights = StoredWeights(rows: 9, columns: 70, .bfloat16, pattern(630))
        #expect(
            quantize(weights.matrix, target, rows: 4 ..< 7)
                == defined(Array(weights.values[280 ..< 490]), columns: 70, target))
    }

    @Test(
        "what is read back lies within half a step of what was there",
        arguments: [(ElementType.int8, Float(127)), (.int4, 8)])
    func error(target: ElementType, steps: Float) throws {
        let columns = 200
        let weights = StoredWeights(rows: 5, columns: columns, .bfloat16, pattern(5 * columns))
        var quantized = try #require(quantize(weights.matrix, target))
        let values = quantized.elements.withUnsafeMutableBytes { elements in
            quantized.scales.withUnsafeMutableBytes { scales in
                WeightMatrix(
                    rows: 5, columns: columns, elementType: target, base: UnsafeRawPointer(elements.baseAddress!),
                    owner: weights,
                    scales: UnsafeRawPointer(scales.baseAddress!)
                ).floats()
            }
        }
        let largest = weights.values.map(abs).max()!
        // The end that int4 lacks, +8, may be off by a whole step; a rounded scale adds at most 2^-11 of the weight.
        let bound = largest / steps * (target == .int8 ? 0.5 : 1) + largest / 2048
        for (value, weight) in zip(values, weights.values) { #expect(abs(value - weight) <= bound) }
    }
}
