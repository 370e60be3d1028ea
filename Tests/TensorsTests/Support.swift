import CKernels
import Testing

@testable import Tensors

/// The sizes at which a kernel can go wrong: around lanes (16), tiles (16 sums), chunks and pages (64), and none of
/// them.
let oddSizes = [1, 7, 8, 9, 15, 16, 17, 31, 33, 48, 63, 64, 65, 100, 128, 130, 264]

/// Values between -1.5 and 1.5 with a period of 251, which divides no block size: swapped or repeated blocks show.
func pattern(_ count: Int, seed: Int = 0) -> [Float] {
    (0 ..< count).map { Float(($0 * 97 + seed * 31) % 251 - 125) / 83 }
}

/// What float32 can hold that is not an everyday number.
let extremes: [Float] = [
    0, -0, .infinity, -.infinity, .nan, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNonzeroMagnitude,
    -.leastNonzeroMagnitude,
    .leastNormalMagnitude, 0x1.8p-133, -0x1.8p-133, 1e30, -1e30, 87, -87, 88, -88, 89, -89, 104, -104, 1000, -1000,
]

/// Bits of every value, one pattern for all NaNs: which operand's payload survives is no part of the promise.
func bits(_ values: [Float]) -> [UInt32] { values.map { $0.isNaN ? Float.nan.bitPattern : $0.bitPattern } }
func bits(_ value: Float) -> UInt32 { bits([value])[0] }
func bits(_ tensor: Tensor) -> [UInt32] { bits(tensor.values) }

extension Kernels {
    static var scalar: Kernels { supported[0] }
    static var names: [String] { supported.map(\.name) }
    /// A table by its name; tests take names as arguments, so that a failure says which table it was.
    static func table(_ name: String) throws -> Kernels { try #require(named(name)) }
}

/// Weights in memory of their own, `offset` bytes behind an aligned address.
final class StoredWeights {
    private let memory: UnsafeMutableRawPointer
    let matrix: WeightMatrix
    /// The weights as the kernels see them: after rounding to the element type.
    let values: [Float]

    init(rows: Int, columns: Int, _ elementType: ElementType, _ wanted: [Float], offset: Int = 0) {
        let elementBytes = rows * elementType.rowByteCount(columns: columns)
        let scaleBytes = rows * elementType.scaleCount(columns: columns) * 2
        let memory = UnsafeMutableRawPointer.allocate(byteCount: elementBytes + scaleBytes + offset, alignment: 64)
        let base = memory + offset
        store(wanted, as: elementType, columns: columns, at: base, scales: base + elementBytes)
        self.memory = memory
        matrix = WeightMatrix(
            rows: rows, columns: columns, elementType: elementType, base: base, owner: Owner(memory),
            scales: elementType.groupSize == nil ? nil : UnsafeRawPointer(base + elementBytes))
        values = matrix.floats()
    }

    private final class Owner {
        let memory: UnsafeMutableRawPointer
        init(_ memory: UnsafeMutableRawPointer) { self.memory = memory }
        deinit { memory.deallocate() }
    }
}

/// Writes weights in their stored form: bfloat16 is the upper half of a float32; whole numbers get a scale for each
/// group of a row.
func store(
    _ values: [Float], as elementType: ElementType, columns: Int, at base: UnsafeMutableRawPointer,
    scales: UnsafeMutableRawPointer? = nil
) {
    switch elementType {
    case .float32:
        for (index, value) in values.enumerated() {
            base.storeBytes(of: value, toByteOffset: index * 4, as: Float.self)
        }
    case .bfloat16:
        for (index, value) in values.enumerated() {
            base.storeBytes(
                of: UInt16(truncatingIfNeeded: value.bitPattern >> 16), toByteOffset: index * 2, as: UInt16.self)
        }
    case .int8, .int4:
        guard let scales, let groupSize = elementType.groupSize else { return }
        for row in 0 ..< values.count / columns {
            let place = base + row * elementType.rowByteCount(columns: columns)
            let rowScales = scales + row * elementType.scaleCount(columns: columns) * 2
            storeRow(
                Array(values[row * columns ..< (row + 1) * columns]), isFour: elementType == .int4,
                groupSize: groupSize, at: place, scales: rowScales)
        }
    }
}

private func storeRow(
    _ values: [Float], isFour: Bool, groupSize: Int, at base: UnsafeMutableRawPointer, scales: UnsafeMutableRawPointer
) {
    for (group, first) in stride(from: 0, to: values.count, by: groupSize).enumerated() {
        let members = values[first ..< min(first + groupSize, values.count)]
        let scale = Float16(members.map(abs).max()! / (isFour ? 7 : 127))
        scales.storeBytes(of: scale.bitPattern, toByteOffset: group * 2, as: UInt16.self)
        let numbers = members.map { scale == 0 ? 0 : Int(($0 / Float(scale)).rounded()) }
        if isFour {
            let nibbles = (numbers.map { max(-8, min(7, $0)) } + Array(repeating: 0, count: groupSize - numbers.count))
                .map { UInt8($0 + 8) }
            for place in 0 ..< 16 {
                base.storeBytes(
                    of: nibbles[place] | nibbles[place + 16] << 4, toByteOffset: group * 16 + place, as: UInt8.self)
            }
        } else {
            for (place, number) in numbers.enumerated() {
                base.storeBytes(of: Int8(max(-127, min(127, number))), toByteOffset: first + place, as: Int8.self)
            }
        }
    }
}

/// Keys, values, queries, state and decay of one head, in the layout the attention service uses.
struct Head {
    let d: Int, block: Int
    let q: [Float], k: [Float], v: [Float], state: [Float], decay: [Float]

    init(d: Int, block: Int, seed: Int = 0) {
        self.d = d
        self.block = block
        q = pattern(block * d, seed: seed + 1)
        k = pattern(block * d, seed: seed + 2)
        v = pattern(block * d, seed: seed + 3)
        state = pattern(d * d, seed: seed + 4)
        var decay: [Float] = [1]
        for _ in 0 ..< block { decay.append(decay[decay.count - 1] * 0.97) }
        self.decay = decay
    }

    /// Rows `rows` of the block as one call gives them, (rows.count, d).
    func lightning(_ compute: Compute, _ rows: Range<Int>) -> [Float] {
        var output = [Float](repeating: .nan, count: rows.count * d)
        output.withUnsafeMutableBufferPointer { output in
            q.withUnsafeBufferPointer { q in
                compute.lightningRows(
                    output: output.baseAddress!, outputStride: d, query: q.baseAddress! + rows.lowerBound * d,
                    queryStride: d,
                    keys: grouped(k, d: d), values: v, valueStride: d, state: state, decay: decay,
                    first: rows.lowerBound, count: rows.count, dimension: d)
            }
        }
        return output
    }
}

/// Keys, (count, d), in groups, as the kernels take them. What no key fills is NaN: nothing may depend on it.
func grouped(_ keys: [Float], d: Int) -> [Float] {
    var groups = [Float](repeating: .nan, count: Kernels.keyFloats(keys.count / d, dimension: d))
    Compute(kernels: .scalar, threads: 1).storeKeys(
        &groups, first: 0, from: keys, stride: d, count: keys.count / d, dimension: d)
    return groups
}

/// A row's running softmax.
struct RunningSoftmax {
    var maximum = -Float.infinity
    var sum: Float = 0
    var output: [Float]

    init(d: Int) { output = [Float](repeating: 0, count: d) }

    /// Adds `count` keys; both arrays may hold more.
    mutating func add(_ compute: Compute, query: [Float], keys: [Float], values: [Float], scale: Float, count: Int) {
        compute.attentionPage(
            maximum: &maximum, sum: &sum, output: &output, query: query, keys: grouped(keys, d: query.count),
            values: values,
            scale: scale, rows: 1, places: 0 ..< count, dimension: query.count)
    }

    /// Adds `keys`, (positions, d), page by page.
    mutating func addPages(_ compute: Compute, query: [Float], keys: [Float], values: [Float], scale: Float) {
        let d = query.count, positions = keys.count / d
        for first in stride(from: 0, to: positions, by: Kernels.pageLength) {
            let count = min(Kernels.pageLength, positions - first)
            let page = first * d ..< (first + count) * d
            add(compute, query: query, keys: Array(keys[page]), values: Array(values[page]), scale: scale, count: count)
        }
    }

    var bitPatterns: [UInt32] { bits([maximum, sum] + output) }
}
