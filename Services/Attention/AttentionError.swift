/// Why a call to the attention service cannot be answered.
enum AttentionError: Error, Equatable, CustomStringConvertible {
    case unknownSession(UInt64)
    case sessionExists(UInt64)
    case parked(UInt64)
    case notParked(UInt64)
    case moving(UInt64)
    case parking(UInt64, ParkingError)
    case resuming(UInt64, ParkingError)
    case lost(UInt64, ParkingError)
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
        case .parked(let id): "session \(id) is parked; resume it first"
        case .notParked(let id): "session \(id) is not parked but open"
        case .moving(let id): "session \(id) is just being parked or resumed"
        case .parking(let id, let error): "session \(id) cannot be parked and stays in memory: \(error)"
        case .resuming(let id, let error): "session \(id) cannot be read back and stays parked: \(error)"
        case .lost(let id, let error): "session \(id) is lost, its parked state is damaged: \(error)"
        case .position(let id, let layer, let expected, let found):
            "session \(id) stands at position \(expected) in layer \(layer), the call begins at \(found)"
        case .length(let found, let limit): "a length of \(found) tokens, expected 1 to \(limit)"
        case .memory(let needed, let free, let budget):
            "the session needs \(needed) bytes of state, \(free) of \(budget) are free"
        case .layer(let found, let count): "layer \(found) of a model of \(count) layers"
        case .notLightning(let layer): "layer \(layer) is a softmax layer and has no lightning state"
        case .token(let id, let vocabulary): "token id \(id) of a vocabulary of \(vocabulary)"
        case .rows(let found, let limit): "\(found) rows in one call, whose answer has room for \(limit)"
        case .shape(let name, let expected, let found): "\(name) holds \(found) values, expected \(expected)"
        }
    }
}
