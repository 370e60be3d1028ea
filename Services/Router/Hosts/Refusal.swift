internal import Transport

/// Why an announcement is refused. The host prints the sentence and, by the code, comes again or gives up.
enum Refusal: Error, Sendable, Equatable, CustomStringConvertible {
    case checkpoint(of: String, theirs: String, ours: String)
    case arithmetic(of: String, theirs: String, ours: String)
    /// This run of the host has read weights that are not the model's.
    case damagedWeights(String)
    /// A text whose length in bytes is not allowed.
    case length(of: String, bytes: Int, max: Int)
    /// A number that cannot be true.
    case size(name: String, of: String, value: Int)
    case address(name: String, problem: String)
    /// Another host has the name, and lives at `address`.
    case nameIsTaken(String, address: String)
    case quarantined(name: String, losses: Int)
    case tooManyHosts(Int)

    /// What kind of error the host gets.
    var code: RPCError.Code {
        switch self {
        case .checkpoint, .arithmetic, .damagedWeights: .failedPrecondition
        case .length, .size, .address: .invalidArgument
        case .nameIsTaken, .quarantined, .tooManyHosts: .resourceExhausted
        }
    }

    var description: String {
        switch self {
        case .checkpoint(let name, let theirs, let ours):
            "the router's checkpoint is \(ours), host \(name) has \(theirs): they must be the same"
        case .arithmetic(let name, let theirs, let ours):
            "the router's arithmetic is \(ours), that of host \(name) \(theirs): they must be the same"
        case .damagedWeights(let sentence): sentence
        case .length(let what, let bytes, let max): "an expert host's \(what) has 1 to \(max) bytes, not \(bytes)"
        case .size(let name, let what, let value): "host \(name): \(what) is \(value), expected 1 to 2^50"
        case .address(let name, let problem): "host \(name): \(problem)"
        case .nameIsTaken(let name, let address):
            "a host named \(name) is here already, at \(address): every host needs a --name of its own"
        case .quarantined(let name, let losses):
            "host \(name) was lost \(losses) times soon after it came: it has to stay away for a while"
        case .tooManyHosts(let count): "\(count) expert hosts are known already"
        }
    }
}
