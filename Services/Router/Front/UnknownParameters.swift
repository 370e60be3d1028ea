internal import Metrics
internal import Synchronization

/// Counts parameters of requests that nobody knows, by name: those are passed over, and an operator may wonder what
/// clients wanted.
final class UnknownParameters: Sendable {
    static let label = "minimax_unknown_parameters_total"

    private let names = Mutex(BoundedNames())

    func count(_ unknown: [String]) {
        for name in unknown {
            let name = names.withLock { $0.name(for: name) }
            Counter(label: Self.label, dimensions: [("name", name)]).increment()
        }
    }
}

/// Keeps clients from making ever more series of a metric: so many names stand for themselves; the rest, and those that
/// are long or odd, are called `other`.
struct BoundedNames: Sendable {
    static let countMax = 100
    /// In bytes.
    static let lengthMax = 64
    static let rest = "other"

    private var names: Set<String> = []

    /// What `name` is counted as.
    mutating func name(for name: String) -> String {
        guard Self.isPlain(name) else { return Self.rest }
        if names.count < Self.countMax { names.insert(name) }
        return names.contains(name) ? name : Self.rest
    }

    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= lengthMax
            && name.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a") ... UInt8(ascii: "z"), UInt8(ascii: "A") ... UInt8(ascii: "Z"),
                    UInt8(ascii: "0") ... UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }
}
