internal import Foundation

/// A file on disk without a name: nobody else can open it, and it is gone when this object or the process is, however
/// that ends.
final class ParkingFile: Sendable {
    private let descriptor: Int32

    /// Pieces smaller than this are put together.
    private static let bufferBytes = 1 << 20

    /// - Parameter descriptor: of a file to read and write, which this object closes.
    init(descriptor: Int32) { self.descriptor = descriptor }

    convenience init(in folder: String) throws(ParkingError) {
        guard !folder.isEmpty, !folder.utf8.contains(0) else {
            throw .disk("the folder's name is empty or contains a zero byte")
        }
        var name = Array("\(folder)/minimax-parking-XXXXXX".utf8CString)
        let descriptor = unsafe mkstemp(&name)        // for this user alone
        guard descriptor >= 0 else { throw .system(errno) }
        self.init(descriptor: descriptor)
        guard unsafe unlink(name) == 0, fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else { throw .system(errno) }
    }

    deinit { close(descriptor) }

    /// Writes the pieces, one after the other, from the start of the file.
    func write(_ pieces: [UnsafeMutableRawBufferPointer]) throws(ParkingError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.bufferBytes, alignment: 64)
        defer { unsafe buffer.deallocate() }
        var used = 0, place = 0
        // swift-format-ignore
        for unsafe piece in unsafe pieces {
            if used + piece.count > buffer.count {
                try unsafe write(UnsafeRawBufferPointer(rebasing: buffer[..<used]), to: &place)
                used = 0
            }
            if piece.count > buffer.count {
                try unsafe write(UnsafeRawBufferPointer(piece), to: &place)
            } else {
                unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[used...]).copyMemory(
                    from: UnsafeRawBufferPointer(piece))
                used += piece.count
            }
        }
        try unsafe write(UnsafeRawBufferPointer(rebasing: buffer[..<used]), to: &place)
    }

    private func write(_ bytes: UnsafeRawBufferPointer, to place: inout Int) throws(ParkingError) {
        var done = 0
        while done < bytes.count {
            let count = unsafe pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(place))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw count < 0 ? .system(errno) : .disk("nothing more can be written") }
            done += count
            place += count
        }
    }

    /// Fills the pieces, one after the other, from the start of the file.
    func read(into pieces: [UnsafeMutableRawBufferPointer]) throws(ParkingError) {
        var place = 0
        // swift-format-ignore
        for unsafe piece in unsafe pieces {
            var done = 0
            while done < piece.count {
                let count = unsafe pread(descriptor, piece.baseAddress! + done, piece.count - done, off_t(place))
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw .system(errno) }
                guard count > 0 else { throw .damaged("it ends after \(place) bytes") }
                done += count
                place += count
            }
        }
    }
}
