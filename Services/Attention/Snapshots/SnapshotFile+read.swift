internal import Checkpoint
internal import Snapshots
internal import Tensors

extension SnapshotFile {
    /// Fills the memory of `tensors`, which with the others must be exactly those of the file, in any order.
    ///
    /// - Parameter others: that the file has, too, and that are not read.
    /// - Throws: `otherTensors` before anything is read; `damaged` or `disk`: what the memory then holds means nothing.
    func read(into tensors: [SnapshotTensor], beside others: [NewTensor] = []) throws(SnapshotError) {
        let entries = try entries(of: tensors.map(\.inHeader) + others)
        let buffer = SnapshotBuffer()
        for (tensor, entry) in zip(tensors, entries) { try fill(tensor, from: entry, through: buffer) }
    }

    /// The state's token ids; none where it was kept without.
    func tokens() throws(SnapshotError) -> [Int32] {
        let name = description.heads.sections[0].prefix + SnapshotFormat.tokens        // all have the same
        guard let entry = header.tensors.first(where: { $0.name == name }) else { return [] }
        let shapes = [[0], [description.length]]
        guard entry.elementType == SnapshotTensor.ElementType.int32.rawValue, shapes.contains(entry.shape) else {
            throw .otherTensors("its tensor \(name) must be I32 of shape \(shapes[1]), found \(entry.inWords)")
        }
        var tokens = [Int32](repeating: 0, count: entry.shape[0])
        try unsafe tokens.withUnsafeMutableBufferPointer { (buffer) throws(SnapshotError) in
            let bytes = UnsafeMutableRawBufferPointer(buffer)
            let tensor = unsafe SnapshotTensor(name, .int32, shape: entry.shape, pieces: [bytes])
            try fill(tensor, from: entry, through: SnapshotBuffer())
        }
        return tokens
    }

    /// Where the file has the tensors, in their order.
    private func entries(of tensors: [NewTensor]) throws(SnapshotError) -> [TensorEntry] {
        let inFile = Dictionary(header.tensors.map { ($0.name, $0) }) { _, last in last }
        var entries: [TensorEntry] = []
        for tensor in tensors {
            let expected = "\(tensor.elementType) of shape \(tensor.shape)"
            guard let entry = inFile[tensor.name] else {
                throw .otherTensors("it has no tensor \(tensor.name), expected \(expected)")
            }
            guard entry.elementType == tensor.elementType, entry.shape == tensor.shape else {
                throw .otherTensors("its tensor \(tensor.name) must be \(expected), found \(entry.inWords)")
            }
            entries.append(entry)
        }
        let known = Set(tensors.map(\.name))
        if let other = header.tensors.first(where: { !known.contains($0.name) }) {
            throw .otherTensors("its tensor \(other.inWords) is none of such a state")
        }
        return entries
    }

    private func fill(
        _ tensor: SnapshotTensor, from entry: TensorEntry, through buffer: borrowing SnapshotBuffer
    ) throws(SnapshotError) {
        var place = entry.bytes.lowerBound, digest = DigestStream()
        for run in tensor.runs {
            let bytes = unsafe buffer.place(of: run)
            try unsafe read(at: place, into: bytes)
            unsafe digest.add(UnsafeRawBufferPointer(bytes))
            buffer.scatter(run)
            place += run.byteCount
        }
        guard digest.finished() == header.checksums[entry.name] else {
            throw .damaged("the checksum of its tensor \(entry.name) is not that of what was written")
        }
    }
}

extension TensorEntry {
    fileprivate var inWords: String { "\(elementType) of shape \(shape)" }
}
