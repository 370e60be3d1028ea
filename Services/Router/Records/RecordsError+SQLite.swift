internal import GRDB

extension RecordsError {
    /// - Parameter head: what cannot be done, as the sentence begins.
    init(_ error: any Error, _ head: String) {
        switch error {
        case let error as RecordsError: self = error
        case let error as DatabaseError: self.init(error, head)
        default: self = .unavailable("\(head): \(error).")
        }
    }

    private init(_ error: DatabaseError, _ head: String) {
        switch error.resultCode {
        case .SQLITE_FULL: self = .unavailable("\(head): the disk is full.")
        case .SQLITE_READONLY: self = .unavailable("\(head): the disk, or the file, can only be read.")
        case .SQLITE_BUSY, .SQLITE_LOCKED: self = .unavailable("\(head): another process is using them for too long.")
        case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
            self = .unavailable("\(head): their file, or its folder, may not be opened or written, or is missing.")
        case .SQLITE_IOERR: self = .unavailable("\(head): the disk reports an error (\(error.extendedResultCode)).")
        case .SQLITE_NOTADB: self = .damaged("The file of the records is no SQLite database.")
        case .SQLITE_CORRUPT: self = .damaged("The file of the records is damaged.")
        case .SQLITE_ERROR, .SQLITE_MISMATCH, .SQLITE_SCHEMA, .SQLITE_CONSTRAINT:
            self = .damaged(
                "The file of the records has not the tables expected: \(error.message ?? "no reason given").")
        default: self = .unavailable("\(head): \(error.message ?? "\(error.resultCode)").")
        }
    }
}
