internal import Transport

/// Why a step through the cluster failed; names the process, for logs.
enum ClusterError: Error, Equatable, CustomStringConvertible {
    case noExpertHosts
    case expertHost(String, RPCError)
    case answer(from: String, String)

    var description: String {
        switch self {
        case .noExpertHosts: "no expert host is ready"
        case .expertHost(let name, let error): "expert host \(name): \(error)"
        case .answer(let process, let reason): "\(process) answered \(reason)"
        }
    }
}
