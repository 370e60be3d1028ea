/// Memory through which short pieces go to and from a file.
@safe struct SnapshotBuffer: ~Copyable {
    private let memory: UnsafeMutableRawBufferPointer

    init() { unsafe memory = .allocate(byteCount: SnapshotRun.bufferBytes, alignment: 64) }

    deinit { unsafe memory.deallocate() }

    /// Where the bytes of a run lie, or will lie once they have been read: in its only piece, or in this buffer.
    func place(of run: SnapshotRun) -> UnsafeMutableRawBufferPointer {
        switch run {
        case .direct(let bytes): unsafe bytes
        case .gathered(_, let byteCount): unsafe UnsafeMutableRawBufferPointer(rebasing: memory[..<byteCount])
        }
    }

    /// Brings a run's pieces to its place.
    func gather(_ run: SnapshotRun) {
        guard case .gathered(let pieces, _) = run else { return }
        var rest = unsafe memory
        // swift-format-ignore
        for unsafe piece in unsafe pieces {
            unsafe rest.copyMemory(from: UnsafeRawBufferPointer(piece))
            unsafe rest = UnsafeMutableRawBufferPointer(rebasing: rest[piece.count...])
        }
    }

    /// Takes a run's pieces from its place.
    func scatter(_ run: SnapshotRun) {
        guard case .gathered(let pieces, _) = run else { return }
        var rest = unsafe UnsafeRawBufferPointer(memory)
        // swift-format-ignore
        for unsafe piece in unsafe pieces {
            unsafe piece.copyMemory(from: UnsafeRawBufferPointer(rebasing: rest[..<piece.count]))
            unsafe rest = UnsafeRawBufferPointer(rebasing: rest[piece.count...])
        }
    }
}
