internal import Messages
internal import Transport

/// Why an announcement is refused. The process prints the sentence and, by the code, comes again or gives up.
enum Refusal: Error, Sendable, Equatable {
    /// The router has no use for a process of this role, or there is none.
    case role(of: String, role: String)
    case checkpoint(of: String, theirs: String, ours: String)
    case arithmetic(of: String, theirs: String, ours: String)
    /// This run of the process has read weights that are not the model's.
    case damagedWeights(String)
    /// A text whose length in bytes is not allowed.
    case length(of: String, bytes: Int, max: Int)
    /// A number that cannot be true.
    case size(name: String, of: String, value: Int)
    case address(name: String, problem: String)
    /// Another one of its role has the name, and lives at `address`.
    case nameIsTaken(String, address: String)
    case quarantined(name: String, losses: Int)
    case tooManyHosts(Int)

    /// What kind of error the process gets.
    var code: RPCError.Code {
        switch self {
        case .checkpoint, .arithmetic, .damagedWeights: .failedPrecondition
        case .role, .length, .size, .address: .invalidArgument
        case .nameIsTaken, .quarantined, .tooManyHosts: .resourceExhausted
        }
    }

    /// The refusal in words.
    ///
    /// - Parameter role: of whose members it is.
    func sentence(to role: MemberRole) -> String {
        switch self {
        case .role(let name, let other):
            "\(name) has the role \"\(other)\", which this router has no use for; it takes "
                + "\(MemberRole.allCases.map(\.rawValue).joined(separator: " and "))"
        case .checkpoint(let name, let theirs, let ours):
            "the router's checkpoint is \(ours), \(role.noun) \(name) has \(theirs): they must be the same"
        case .arithmetic(let name, let theirs, let ours):
            "the router's arithmetic is \(ours), that of \(role.noun) \(name) \(theirs): they must be the same"
        case .damagedWeights(let sentence): sentence
        case .length(let what, let bytes, let max): "an \(role.title)'s \(what) has 1 to \(max) bytes, not \(bytes)"
        case .size(let name, let what, let value): "\(role.noun) \(name): \(what) is \(value), expected 1 to 2^50"
        case .address(let name, let problem): "\(role.noun) \(name): \(problem)"
        case .nameIsTaken(let name, let address):
            "another \(role.noun) named \(name) is here already, at \(address): "
                + "every \(role.noun) needs a --name of its own"
        case .quarantined(let name, let losses):
            "\(role.noun) \(name) was lost \(losses) times soon after it came: it has to stay away for a while"
        case .tooManyHosts(let count): "\(count) \(role.title)s are known already"
        }
    }
}
