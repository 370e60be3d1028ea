/// Why a call to the attention service cannot be answered.
enum AttentionError: Error, Equatable, CustomStringConvertible {
    case unknownSession(UInt64)
    case sessionExists(UInt64)
    case position(session: UInt64, layer: Int, expected: Int, found: Int)
    case length(Int, limit: Int)
    case memory(needed: Int, free: Int, budget: Int)
    case layer(Int, count: Int)
    case notLightning(layer: Int)
    case token(UInt32, vocabulary: Int)
    case rows(Int, limit: Int)
    case shape(name: String, expected: String, found: Int)

    var description: String {
        switch self {
        case .unknownSession(let id): "session \(id) is not open here"
        case .sessionExists(let id): "session \(id) is open already"
        case .position(let id, let layer, let expected, let found):
            "session \(id) stands at position \(expected) in layer \(layer), the call begins at \(found)"
        case .length(let found, let limit): "a length of \(found) tokens, expected 1 to \(limit)"
        case .memory(let needed, let free, let budget): "the session needs \(needed) bytes of state, \(free) of \(budget) are free"
        case .layer(let found, let count): "layer \(found) of a model of \(count) layers"
        case .notLightning(let layer): "layer \(layer) is a softmax layer and has no lightning state"
        case .token(let id, let vocabulary): "token id \(id) of a vocabulary of \(vocabulary)"
        case .rows(let found, let limit): "\(found) rows in one call, whose answer has room for \(limit)"
        case .shape(let name, let expected, let found): "\(name) holds \(found) values, expected \(expected)"
        }
    }
}
