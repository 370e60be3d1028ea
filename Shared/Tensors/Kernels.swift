internal import CKernels

/// One instruction set's table of kernels (`CKernels/include/kernels.h`); all tables compute the same bytes in exact
/// arithmetic.
@safe package struct Kernels: @unchecked Sendable {        // the tables are constants of the C module
    private let pointer: UnsafePointer<kernel_table>
    /// The name of the instruction set, as `scalar` or `avx512-bf16`.
    package let name: String

    private init(_ pointer: UnsafePointer<kernel_table>) {
        unsafe self.pointer = unsafe pointer
        self.name = unsafe String(cString: pointer.pointee.name)
    }

    /// What this machine can run: scalar, the definition, first; the fastest last.
    package static let supported: [Kernels] = {
        var tables = unsafe [UnsafePointer<kernel_table>?](repeating: nil, count: KERNEL_TABLES_MAX)
        let count = unsafe tables.withUnsafeMutableBufferPointer { unsafe kernels_supported($0.baseAddress) }
        return unsafe tables.prefix(count).compactMap { unsafe $0.map { unsafe Kernels($0) } }
    }()

    /// The fastest table that this machine can run.
    package static var best: Kernels { supported[supported.count - 1] }

    /// The table called `name`, if this machine can run it.
    package static func named(_ name: String) -> Kernels? { supported.first { $0.name == name } }

    var table: kernel_table { unsafe pointer.pointee }

    /// Whether this set has dot-product instructions for activations rounded beside weights of this type.
    package func isFast(_ elementType: ElementType) -> Bool {
        guard let byteCount = unsafe table.fast_input_bytes else { return false }
        return byteCount(elementType.rawValue, 64) > 0
    }

    /// Keys of one KV page; `attention_page` takes at most this many.
    package static let pageLength = KERNEL_PAGE_MAX

    /// Keys are stored in groups of this many.
    package static let keyGroupLength = KERNEL_KEY_GROUP

    /// Numbers that `count` keys take in groups.
    package static func keyFloats(_ count: Int, dimension: Int) -> Int {
        (count + keyGroupLength - 1) / keyGroupLength * keyGroupLength * dimension
    }

    /// Where the floats of the first `count` keys lie in their groups; nothing of what lies between them.
    package static func keyRanges(_ count: Int, dimension: Int) -> [Range<Int>] {
        let (groups, rest) = count.quotientAndRemainder(dividingBy: keyGroupLength)
        let whole = groups * keyGroupLength * dimension
        let components = (0 ..< (rest > 0 ? dimension : 0)).map { whole + $0 * keyGroupLength }
        return [0 ..< whole] + components.map { $0 ..< $0 + rest }
    }
}

/// How activations meet weights.
package enum Arithmetic: String, Sendable, Equatable, CaseIterable {
    /// Weights as stored, activations and sums in float32; a row's bytes depend on that row alone, whatever the
    /// instruction set.
    case exact
    /// Activations rounded to what the instruction set's dot products take, bfloat16 or int8, where it has them.
    case fast
}

/// Into how many equal parts a sum over `count` terms is cut: the most of 8, 4, 2 or 1 that divide it. The parts are
/// added as a balanced tree, so that a slice cut at a border of the tree can be computed elsewhere with equal bytes.
package func sumParts(of count: Int) -> Int {
    [8, 4, 2].first { count % $0 == 0 } ?? 1
}
