internal import Messages
internal import Transport

/// Why a step through the cluster failed; names the process, for logs.
enum ClusterError: Error, Equatable, CustomStringConvertible {
    /// Nobody holds it, and nobody came to hold it.
    case notHeld(ExpertUnit)
    case expertHost(String, RPCError)
    case answer(from: String, String)

    var description: String {
        switch self {
        case .notHeld(let unit): "no expert host holds \(unit)"
        case .expertHost(let name, let error): "expert host \(name): \(error)"
        case .answer(let process, let reason): "\(process) answered \(reason)"
        }
    }
}
