internal import Foundation

/// How a child process ended.
package enum ChildExit: Sendable, Equatable, CustomStringConvertible {
    case exited(Int32), signalled(Int32), neverStarted(String)

    /// Whether it ended as a process does that was asked to: by itself, or by the signal that asked.
    var isOrderly: Bool { self == .exited(0) || self == .signalled(SIGTERM) }

    /// The ending in words that follow the process's name.
    package var description: String {
        switch self {
        case .exited(let code): "exited with status \(code)"
        case .signalled(let number): "was ended by signal \(number)"
        case .neverStarted(let reason): "could not be started: \(reason)"
        }
    }
}
