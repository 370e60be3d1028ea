import Tensors

@testable import Attention

extension LightningState {
    /// An empty state in a book of its own.
    static func fresh(headCount: Int, headDimension: Int) -> LightningState {
        LightningState(LightningShape(headCount: headCount, headDimension: headDimension), Allowance(MemoryBook()))
    }

    /// S.
    var matrices: [Float] { states.floats(0 ..< states.count) }

    /// One head's S after the last token: as it would be if its block were closed there.
    func closed(head: Int, headDimension d: Int, decay: [Float], _ compute: Compute) -> [Float] {
        var state = Array(matrices[head * d * d ..< (head + 1) * d * d])
        guard openRows > 0, let block else { return state }
        let keys = block.base + head * Self.blockLength * d
        compute.closeLightningBlock(
            state: &state, keys: keys, values: keys + block.count / 2, valueStride: d, decay: decay, count: openRows,
            dimension: d)
        return state
    }
}

extension KeyValueCache {
    /// An empty cache in a book of its own.
    static func fresh(headCount: Int, headDimension: Int, _ format: FloatFormat = .float32) -> KeyValueCache {
        KeyValueCache(
            KeyValueShape(headCount: headCount, headDimension: headDimension, format: format), Allowance(MemoryBook()))
    }
}

extension FloatMemory {
    func floats(_ range: Range<Int>) -> [Float] {
        let bytes = UnsafeRawBufferPointer(bytes(range))
        return switch format {
        case .float32: Array(bytes.bindMemory(to: Float.self))
        case .bfloat16: bytes.bindMemory(to: UInt16.self).map { Float(bitPattern: UInt32($0) << 16) }
        }
    }

    /// The bits of the first `rows` of 64 positions, of each head its key, which lies in a group, and its value;
    /// nothing of what lies between them.
    func bits(rows: Int, headCount: Int, headDimension d: Int) -> [UInt32] {
        bits(rows: rows, heads: 0 ..< headCount, of: headCount, headDimension: d)
    }

    /// The same of some of its heads.
    func bits(rows: Int, heads: Range<Int>, of headCount: Int, headDimension d: Int) -> [UInt32] {
        let group = Kernels.keyGroupLength, all = floats(0 ..< count), headFloats = KeyValueCache.pageLength * d
        return (0 ..< rows).flatMap { row in
            heads.flatMap { head in
                let keys = head * headFloats + row / group * group * d + row % group
                let values = (headCount + head) * headFloats + row * d
                return (0 ..< d).map { all[keys + $0 * group].bitPattern }
                    + (0 ..< d).map { all[values + $0].bitPattern }
            }
        }
    }
}

/// The bits of all that belongs to a state of one layer.
enum LayerValues {
    static func lightning(
        _ states: FloatMemory, _ block: FloatMemory?, length: Int, _ shape: LightningShape
    ) -> [UInt32] {
        let rows = length % LightningState.blockLength
        return bits(states.floats(0 ..< states.count))
            + (block?.bits(rows: rows, headCount: shape.headCount, headDimension: shape.headDimension) ?? [])
    }

    static func softmax(_ pages: [FloatMemory], length: Int, _ shape: KeyValueShape) -> [UInt32] {
        pages.enumerated().flatMap { index, page in
            page.bits(
                rows: min(KeyValueCache.pageLength, length - index * KeyValueCache.pageLength),
                headCount: shape.headCount, headDimension: shape.headDimension)
        }
    }
}

extension LightningState {
    func values(_ shape: LightningShape) -> [UInt32] {
        LayerValues.lightning(states, block, length: length, shape)
    }

    /// The same bits head by head, so that those of parts stand one behind the other.
    func valuesByHead(_ shape: LightningShape) -> [UInt32] {
        let size = shape.headDimension * shape.headDimension, all = bits(matrices)
        return (0 ..< shape.headCount).flatMap { head -> [UInt32] in
            let open = block?.bits(
                rows: openRows, heads: head ..< head + 1, of: shape.headCount, headDimension: shape.headDimension)
            return Array(all[head * size ..< (head + 1) * size]) + (open ?? [])
        }
    }
}

extension KeyValueCache {
    func values(_ shape: KeyValueShape) -> [UInt32] { LayerValues.softmax(pages, length: length, shape) }
}

extension KeptState {
    /// The bits of all that belongs to it.
    func values(_ shape: StateShape) -> [UInt32] {
        layers.flatMap { layer in
            switch layer {
            case .lightning(let states, let block):
                LayerValues.lightning(states, block, length: length, shape.lightning)
            case .softmax(let pages): LayerValues.softmax(pages, length: length, shape.softmax)
            }
        }
    }
}

extension LiveState {
    /// All memory that it refers to.
    var memory: [FloatMemory] {
        layers.flatMap { layer in
            switch layer {
            case .lightning(let state): [state.states] + (state.block.map { [$0] } ?? [])
            case .softmax(let cache): cache.pages
            }
        }
    }
}
