internal import Foundation

/// Why a session's state cannot be written to disk or read back.
enum ParkingError: Error, Equatable, CustomStringConvertible {
    /// The disk or the system refuses, in its own words; what is on disk is as good as before.
    case disk(String)
    /// What is on disk is not what was written.
    case damaged(String)

    var description: String {
        switch self {
        case .disk(let why), .damaged(let why): why
        }
    }

    /// From `errno`; call it before anything else can change that.
    static func system(_ code: Int32) -> ParkingError { unsafe .disk(String(cString: strerror(code))) }
}
