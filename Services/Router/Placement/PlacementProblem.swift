/// Why there is no placement, in a sentence that says what would help.
enum PlacementProblem: Error, Sendable, Equatable, CustomStringConvertible {
    case noHosts
    case memory(missingBytes: Int)
    case copies(asked: Int, hosts: Int)
    case unknownHost(String)
    case unknownExpert(layer: Int, expert: Int)
    case pins(host: String, missingBytes: Int)

    var description: String {
        switch self {
        case .noHosts: "there is no expert host to place experts on"
        case .memory(let bytes):
            "needs \(Self.text(bytes)) more: add expert hosts, give them more memory, or ask for fewer copies"
        case .copies(let asked, let hosts):
            "copies must be at least 1, not \(asked); \(hosts) hosts can hold up to \(hosts)"
        case .unknownHost(let name): "an expert is pinned to host \(name), which is not there"
        case .unknownExpert(let layer, let expert):
            "expert \(expert) of layer \(layer) is pinned, and the model has no such expert"
        case .pins(let host, let bytes): "host \(host) needs \(Self.text(bytes)) more for what is pinned to it"
        }
    }

    /// In the largest unit of which there is at least one, rounded up to a tenth.
    private static func text(_ bytes: Int) -> String {
        for (unit, shift) in [("GiB", 30), ("MiB", 20), ("KiB", 10)] where bytes >= 1 << shift {
            return "\((Double(bytes) / Double(1 << shift) * 10).rounded(.up) / 10) \(unit)"
        }
        return "\(bytes) bytes"
    }
}
