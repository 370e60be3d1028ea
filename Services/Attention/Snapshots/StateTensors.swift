internal import Checkpoint
internal import Snapshots
internal import Tensors

/// A kept state's memory as the tensors of a snapshot.
///
/// Of the open block and of the last page, only what belongs to the state is written: a copy with zeros in all other
/// places, since a sequence may be writing behind it, and what the memory held before may be another account's.
@safe struct StateTensors {
    let tensors: [SnapshotTensor]
    /// Copies that pieces of the tensors point to.
    private let copies: [FloatMemory]

    /// - Parameter tokens: memory of the state's token ids; empty where they are not known.
    init(_ state: KeptState, _ shape: StateShape, tokens: UnsafeMutableRawBufferPointer) {
        let book = MemoryBook()        // the copies are gone as soon as they are written
        var tensors = unsafe [
            SnapshotTensor(SnapshotFormat.tokens, .int32, shape: [tokens.count / 4], pieces: [tokens])
        ]
        var copies: [FloatMemory] = []
        func copy(_ memory: FloatMemory, _ ranges: [Range<Int>]) -> FloatMemory {
            let copy = FloatMemory(memory.format, count: memory.count, book)
            for range in ranges { copy.copy(range, from: memory) }
            copies.append(copy)
            return copy
        }
        let rows = state.length % LightningState.blockLength
        for (index, layer) in state.layers.enumerated() {
            switch layer {
            case .lightning(let states, let block):
                tensors.append(Self.matrices(layer: index, states, shape.lightning))
                guard let block else { continue }
                let copy = copy(block, shape.lightning.rowRanges(rows: rows))
                tensors += Self.openBlock(layer: index, copy, rows: rows, shape.lightning)
            case .softmax(var pages):
                if rows > 0, let last = pages.popLast() { pages.append(copy(last, shape.softmax.ranges(rows: rows))) }
                tensors += Self.pages(layer: index, pages, shape.softmax)
            }
        }
        self.tensors = tensors
        self.copies = copies
    }

    static func matrices(layer: Int, _ states: FloatMemory, _ shape: LightningShape) -> SnapshotTensor {
        unsafe matrices(layer: layer, [states.bytes(0 ..< states.count)], shape)
    }

    static func openBlock(layer: Int, _ block: FloatMemory, rows: Int, _ shape: LightningShape) -> [SnapshotTensor] {
        let pieces = unsafe shape.blockRanges(rows: rows).map { unsafe block.bytes($0) }
        return unsafe openBlock(layer: layer, pieces, rows: rows, shape)
    }

    static func pages(layer: Int, _ pages: [FloatMemory], _ shape: KeyValueShape) -> [SnapshotTensor] {
        unsafe self.pages(layer: layer, pages.map { unsafe $0.bytes(0 ..< $0.count) }, count: pages.count, shape)
    }
}

// The tensors of one layer, whose elements lie in these pieces.
extension StateTensors {
    static func matrices(
        layer: Int, _ pieces: [UnsafeMutableRawBufferPointer], _ shape: LightningShape
    ) -> SnapshotTensor {
        unsafe SnapshotTensor(
            SnapshotFormat.state(layer: layer), .float32,
            shape: [shape.headCount, shape.headDimension, shape.headDimension], pieces: pieces)
    }

    /// - Parameter pieces: of each head the keys, then of each head the values.
    static func openBlock(
        layer: Int, _ pieces: [UnsafeMutableRawBufferPointer], rows: Int, _ shape: LightningShape
    ) -> [SnapshotTensor] {
        let heads = shape.headCount, d = shape.headDimension
        let groups = LightningShape.keyGroups(rows: rows)
        return unsafe [
            SnapshotTensor(
                SnapshotFormat.openKeys(layer: layer), .float32, shape: [heads, groups, d, LightningShape.groupLength],
                pieces: Array(pieces[..<heads])),
            SnapshotTensor(
                SnapshotFormat.openValues(layer: layer), .float32, shape: [heads, rows, d],
                pieces: Array(pieces[heads...])),
        ]
    }

    /// - Parameter count: of the pages; without any there is no tensor.
    static func pages(
        layer: Int, _ pieces: [UnsafeMutableRawBufferPointer], count: Int, _ shape: KeyValueShape
    ) -> [SnapshotTensor] {
        guard count > 0 else { return [] }
        return unsafe [
            SnapshotTensor(
                SnapshotFormat.pages(layer: layer), shape.format == .bfloat16 ? .bfloat16 : .float32,
                shape: [count, 2, shape.headCount, KeyValueCache.pageLength, shape.headDimension], pieces: pieces)
        ]
    }
}

extension KeptState {
    /// Memory for a state of this length, to be filled through `StateTensors`' tensors of it. Matrices and pages hold
    /// what the memory held before.
    static func empty(_ shape: StateShape, length: Int, _ book: MemoryBook) -> KeptState {
        let hasBlock = length % LightningState.blockLength > 0
        return KeptState(
            length: length,
            layers: shape.layers.map { kind in
                switch kind {
                case .lightning:
                    .lightning(
                        states: FloatMemory(count: shape.lightning.stateFloats, isZero: false, book),
                        block: hasBlock ? FloatMemory(count: shape.lightning.blockFloats, book) : nil)
                case .softmax:
                    .softmax(
                        pages: (0 ..< shape.softmax.pages(length)).map { _ in
                            FloatMemory(
                                shape.softmax.format, count: shape.softmax.pageCount, isZero: false, book)
                        })
                }
            })
    }

    /// The tensors that a reader fills: those of the state's own memory.
    func tensorsToFill(_ shape: StateShape, tokens: UnsafeMutableRawBufferPointer) -> [SnapshotTensor] {
        let rows = length % LightningState.blockLength
        return unsafe [SnapshotTensor(SnapshotFormat.tokens, .int32, shape: [tokens.count / 4], pieces: [tokens])]
            + layers.enumerated().flatMap { index, layer in
                switch layer {
                case .lightning(let states, let block):
                    [StateTensors.matrices(layer: index, states, shape.lightning)]
                        + (block.map { StateTensors.openBlock(layer: index, $0, rows: rows, shape.lightning) } ?? [])
                case .softmax(let pages): StateTensors.pages(layer: index, pages, shape.softmax)
                }
            }
    }
}
