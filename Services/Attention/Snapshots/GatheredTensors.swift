internal import Checkpoint
internal import Snapshots
internal import Tensors

/// The tensors of a file that was written by other parts of attention, and a state's memory to which they bring the
/// state's own heads.
///
/// Of a tensor all heads are read, since its checksum is that of all: those of others go nowhere. A key/value head that
/// stands in several sections is read from each that has heads of the state's part; it is the same in all of them.
@safe struct GatheredTensors {
    /// Of the sections that have heads of the state's part.
    private var tensors: [SnapshotTensor] = []
    /// Of the other sections.
    private var others: [NewTensor] = []
    private let state: KeptState
    private let shape: StateShape
    /// Memory for one head of a tensor, whatever comes there, in the format with the longest numbers.
    private let nowhere: FloatMemory

    /// - Parameters:
    ///   - heads: that the file has.
    ///   - state: an empty one of the file's length.
    ///   - tokens: memory of the state's token ids.
    init(_ heads: SnapshotHeads, into state: KeptState, _ shape: StateShape, tokens: UnsafeMutableRawBufferPointer) {
        (self.state, self.shape) = (state, shape)
        let d = shape.lightning.headDimension
        nowhere = FloatMemory(count: d * max(d, KeyValueCache.pageLength), MemoryBook())
        for section in heads.sections {
            let found =
                unsafe [
                    SnapshotTensor(SnapshotFormat.tokens, .int32, shape: [tokens.count / 4], pieces: [tokens])
                ] + state.layers.indices.flatMap { layer in self.tensors(layer: layer, of: shape.of(section.part)) }
            let named = found.map { $0.inSection(section) }
            if section.overlaps(shape.part) { tensors += named } else { others += named.map(\.inHeader) }
        }
    }

    func read(from file: SnapshotFile) throws(SnapshotError) {
        defer { withExtendedLifetime(nowhere) {} }
        try file.read(into: tensors, beside: others)
    }

    /// A layer's tensors in the section of a part.
    private func tensors(layer: Int, of section: StateShape) -> [SnapshotTensor] {
        let d = shape.lightning.headDimension
        switch state.layers[layer] {
        case .lightning(let states, let block):
            let places = places(of: section.heads, in: shape.heads)
            let matrices = unsafe places.map { unsafe head($0, of: states, from: 0, count: d * d) }
            return unsafe [StateTensors.matrices(layer: layer, matrices, section.lightning)]
                + (block.map { openBlock(layer: layer, $0, places, section.lightning) } ?? [])
        case .softmax(let pages):
            let places = places(of: section.keyValueHeads, in: shape.keyValueHeads)
            let pieces = unsafe pages.flatMap { page in
                unsafe [0, page.count / 2].flatMap { start in
                    unsafe places.map { unsafe head($0, of: page, from: start, count: KeyValueCache.pageLength * d) }
                }
            }
            return unsafe StateTensors.pages(layer: layer, pieces, count: pages.count, section.softmax)
        }
    }

    private func openBlock(
        layer: Int, _ block: FloatMemory, _ places: [Int?], _ section: LightningShape
    ) -> [SnapshotTensor] {
        let rows = state.length % LightningState.blockLength, ranges = shape.lightning.blockRanges(rows: rows)
        let lengths = section.blockRanges(rows: rows).map(\.count), heads = places.count
        let pieces = unsafe lengths.indices.map { index in
            guard let place = places[index % heads] else { return unsafe nowhere.bytes(0 ..< lengths[index]) }
            return unsafe block.bytes(ranges[index < heads ? place : shape.lightning.headCount + place])
        }
        return unsafe StateTensors.openBlock(layer: layer, pieces, rows: rows, section)
    }

    /// Which of the state's own heads each of a section's heads is; nil where it is none of them.
    private func places(of section: Range<Int>, in own: Range<Int>) -> [Int?] {
        section.map { own.contains($0) ? $0 - own.lowerBound : nil }
    }

    /// Where a head of a tensor goes, which has `count` numbers.
    ///
    /// - Parameters:
    ///   - place: which of the state's own it is; nil: none.
    ///   - start: where the first of the state's own heads is in `memory`.
    private func head(
        _ place: Int?, of memory: FloatMemory, from start: Int, count: Int
    ) -> UnsafeMutableRawBufferPointer {
        guard let place else {
            return unsafe UnsafeMutableRawBufferPointer(
                rebasing: nowhere.bytes(0 ..< count)[..<(count * memory.format.byteCount)])
        }
        return unsafe memory.bytes(start + place * count ..< start + (place + 1) * count)
    }
}
