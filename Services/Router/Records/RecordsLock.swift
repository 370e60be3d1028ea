internal import Foundation

/// Keeps other processes from using a file of records: two would both go on with the responses that a third one had
/// begun. Held as long as this object lives, and given up by the system when the process ends, however it ends.
@safe package final class RecordsLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock on a file beside the records, which is made where it is missing.
    ///
    /// - Parameter file: of the records.
    /// - Throws: `RecordsError.unavailable` where another process has it, or the file cannot be made.
    package init(for file: String) throws(RecordsError) {
        let path = file + ".lock"
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .unavailable("\(path) cannot be opened: \(Self.reason).")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let isTaken = errno == EWOULDBLOCK, reason = Self.reason
            close(descriptor)
            throw .unavailable(
                isTaken
                    ? "Another process uses them: it has locked \(path). Each router needs records of its own."
                    : "\(path) cannot be locked: \(reason).")
        }
    }

    deinit { close(descriptor) }

    private static var reason: String { unsafe String(cString: strerror(errno)) }
}
