import CKernels
import Testing

@testable import Tensors

/// Pages whose keys and values are stored in bfloat16.
@Suite("Pages in bfloat16") struct RoundedPageTests {
    /// The definition, in other words than the kernels': the nearer of both neighbours, of two equally near ones that
    /// with an even last bit.
    private func rounded(_ value: Float) -> Float {
        guard value.isFinite else { return value }
        let below = Float(bitPattern: value.bitPattern & 0xffff_0000)
        let above = Float(bitPattern: (value.bitPattern & 0xffff_0000) &+ 0x1_0000)
        let toBelow = abs(Double(value) - Double(below))
        // Beyond the largest number lies infinity, at the distance of the next one.
        let toAbove = abs((above.isFinite ? Double(above) : (value < 0 ? -0x1p128 : 0x1p128)) - Double(value))
        if toBelow == toAbove { return below.bitPattern & 0x1_0000 == 0 ? below : above }
        return toBelow < toAbove ? below : above
    }

    /// Keys in groups and values of so many places, as a table stores them.
    private func page(
        _ compute: Compute, _ keys: [Float], _ values: [Float], d: Int
    ) -> (keys: [UInt16], values: [UInt16]) {
        let count = keys.count / d
        var page = (
            keys: [UInt16](repeating: 0x7fc0, count: Kernels.keyFloats(count, dimension: d)),
            values: [UInt16](repeating: 0x7fc0, count: count * d)
        )
        for place in 0 ..< count {
            compute.storeRounded(
                keys: &page.keys, values: &page.values, place: place, key: Array(keys[place * d ..< (place + 1) * d]),
                value: Array(values[place * d ..< (place + 1) * d]), dimension: d)
        }
        return page
    }

    @Test("hold the nearest numbers, keys in groups; what is not a number stays so", arguments: Kernels.names)
    func rounding(name: String) throws {
        let compute = Compute(kernels: try .table(name), threads: 1), d = 33
        let edges: [UInt32] = [
            0, 1, 0x7fff, 0x8000, 0x8001, 0x18000, 0x3f80_7fff, 0x3f80_8000, 0x3f80_8001, 0x3f81_8000, 0x7f7f_7fff,
            0x7f7f_8000, 0x7f7f_ffff, 0x7f80_0000, 0x7f80_0001, 0x7fbf_ffff, 0x7fc0_0000, 0x7fff_ffff,
        ]
        let signed = edges + edges.map { $0 | 0x8000_0000 }
        let bits = (0 ..< 20 * d).map { $0 < signed.count ? signed[$0] : UInt32($0) &* 2_654_435_761 }
        let numbers = bits.map { Float(bitPattern: $0) }
        let found = page(compute, numbers, numbers.reversed(), d: d)
        for (index, number) in numbers.enumerated() {
            let place = kernel_key_place(index / d, index % d, d)
            let key = Float(bitPattern: UInt32(found.keys[place]) << 16)
            let value = Float(bitPattern: UInt32(found.values[numbers.count - 1 - index]) << 16)
            #expect(key.isNaN == number.isNaN && value.isNaN == number.isNaN, "\(number)")
            guard !number.isNaN else { continue }
            #expect(key.bitPattern == rounded(number).bitPattern && value.bitPattern == key.bitPattern, "\(number)")
        }
    }

    @Test("give the bytes that scalar code gives for the same numbers in float32", arguments: Kernels.names)
    func attention(name: String) throws {
        let compute = Compute(kernels: try .table(name), threads: 1), scalar = Compute(kernels: .scalar, threads: 1)
        for (d, places) in [(16, 0 ..< 64), (24, 3 ..< 10), (130, 0 ..< 33), (128, 0 ..< 64), (7, 17 ..< 64)] {
            let keys = pattern(places.upperBound * d, seed: 2), values = pattern(places.upperBound * d, seed: 3)
            let stored = page(compute, keys, values, d: d)
            let plainKeys = grouped(keys.map(rounded), d: d), plainValues = values.map(rounded)
            for rows in [1, 2, 5, 8, 9, 32, 40] {
                let queries = pattern(rows * d, seed: 1)
                func run(
                    _ compute: Compute, _ keys: UnsafeRawPointer, _ values: UnsafeRawPointer, _ format: FloatFormat
                )
                    -> [UInt32]
                {
                    var maxima = [Float](repeating: -.infinity, count: rows), sums = [Float](repeating: 0, count: rows),
                        outputs = [Float](repeating: 0, count: rows * d)
                    compute.attentionPage(
                        maximum: &maxima, sum: &sums, output: &outputs, query: queries, keys: keys, values: values,
                        format: format, scale: 0.3, rows: rows, places: places, dimension: d)
                    return bits(maxima + sums + outputs)
                }
                #expect(
                    run(compute, stored.keys, stored.values, .bfloat16)
                        == run(scalar, plainKeys, plainValues, .float32), "\(rows) rows, d = \(d), places \(places)")
            }
        }
    }
}
