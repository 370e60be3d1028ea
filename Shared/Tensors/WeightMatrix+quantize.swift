internal import CKernels

extension WeightMatrix {
    /// Writes the rows of `range` as `target`, int8 or int4, as `kernels.h` and `quantize.h` describe it.
    ///
    /// - Parameters:
    ///   - elements: room for `target.rowByteCount(columns:)` bytes a row.
    ///   - scales: room for `target.scaleCount(columns:)` float16 numbers a row.
    /// - Returns: false, the output being of no use, where a weight is not finite or too large for a float16 scale.
    package func quantize(
        rows range: Range<Int>, to target: ElementType, elements: UnsafeMutableRawBufferPointer,
        scales: UnsafeMutableRawBufferPointer
    ) -> Bool {
        precondition(
            elementType.groupSize == nil && target.groupSize != nil, "\(elementType) weights cannot become \(target)")
        precondition(
            elements.count == range.count * target.rowByteCount(columns: columns),
            "\(elements.count) bytes for \(range.count) rows of \(target)")
        precondition(
            scales.count == range.count * target.scaleCount(columns: columns) * 2,
            "\(scales.count) bytes for the scales of \(range.count) rows")
        let source = unsafe rows(range).base, scales = unsafe scales.bindMemory(to: UInt16.self).baseAddress
        let isGood =
            switch target {
            case .int8:
                unsafe quantize_int8(
                    elements.bindMemory(to: Int8.self).baseAddress, scales, source, elementType.rawValue, range.count,
                    columns)
            default:
                unsafe quantize_int4(
                    elements.bindMemory(to: UInt8.self).baseAddress, scales, source, elementType.rawValue, range.count,
                    columns)
            }
        return isGood == 1
    }
}
