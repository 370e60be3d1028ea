internal import Console
internal import Foundation

/// A file that gets its name when it is whole: until then it lies beside that place.
final class SnapshotFileWriter {
    private let path: String
    private let partial: String
    private let file: FileHandle

    /// - Throws: `StartError` where the file cannot be written.
    init(_ path: String) throws(StartError) {
        self.path = path
        partial = path + ".partial"
        let descriptor = unsafe open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StartError("\(partial) cannot be written: \(systemWords(errno))") }
        file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    /// - Parameter place: where the bytes belong; 0: what was written before is not valid any more.
    func write(_ bytes: [UInt8], at place: Int) throws {
        do {
            if place == 0 { try file.truncate(atOffset: 0) }
            try file.seek(toOffset: UInt64(place))
            try file.write(contentsOf: Data(bytes))
        } catch { throw StartError("\(partial) cannot be written: \(error.localizedDescription)") }
    }

    /// The file is whole.
    func finish() throws {
        do { try file.synchronize() } catch {
            throw StartError("\(partial) cannot be written: \(error.localizedDescription)")
        }
        guard unsafe rename(partial, path) == 0 else {
            throw StartError("\(partial) cannot be renamed to \(path): \(systemWords(errno))")
        }
    }

    /// The file will never be whole.
    func discard() { _ = unsafe unlink(partial) }
}
