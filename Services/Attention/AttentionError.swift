internal import Checkpoint
internal import Messages

/// Why a call to the attention service cannot be answered.
enum AttentionError: Error, Equatable, CustomStringConvertible {
    case unknownSequence(SequenceID)
    case sequenceExists(SequenceID)
    case unfinished(SequenceID)
    case unknownState(StateID)
    case stateExists(StateID)
    case stateLength(StateID, lengths: ClosedRange<Int>, found: Int, tokensMax: Int)
    case tokens(StateID, expected: Int, found: Int)
    case moving(StateID)
    case unwritable(StateID, String)
    case diskFull(StateID, needed: Int, free: Int, budget: Int)
    case unreadable(StateID, String)
    case damaged(StateID, String)
    case part(StateID, expected: Int, found: Int)
    case refused(StateID, String)
    case tooManyFiles(StateID, limit: Int)
    case position(sequence: SequenceID, layer: Int, expected: Int, found: Int)
    case length(Int, limit: Int)
    case memory(needed: Int, free: Int, budget: Int)
    case noSuchPart(index: Int, count: Int, countMax: Int)
    case partInUse(AttentionPart)
    case otherPart(AttentionPart)
    case partChanged
    case layer(Int, count: Int)
    case token(UInt32, vocabulary: Int)
    case rows(Int, limit: Int)
    case question(row: Int, String)
    case shape(name: String, expected: String, found: Int)

    var description: String {
        switch self {
        case .unknownSequence(let id): "sequence \(id) is not open here"
        case .sequenceExists(let id): "sequence \(id) is open already"
        case .unfinished(let id):
            "sequence \(id) has no tokens, or a step has not reached all of its layers: there is nothing to keep"
        case .unknownState(let id): "state \(id) is not kept here"
        case .stateExists(let id): "the id \(id) cannot be used for a state: it is 0, or another state has it"
        case .stateLength(let id, let lengths, let found, let tokensMax):
            """
            from state \(id) a sequence can go on after \(lengths.lowerBound) to \(lengths.upperBound) tokens and at \
            least as many positions, found \(found) tokens and \(tokensMax) positions
            """
        case .tokens(let id, let expected, let found):
            "\(found) token ids for state \(id), expected none or those of its \(expected) tokens"
        case .moving(let id): "state \(id) is just being written or read"
        case .unwritable(let id, let why): "state \(id) cannot be written to disk and stays in memory: \(why)"
        case .diskFull(let id, let needed, let free, let budget):
            "state \(id) needs \(needed) bytes of disk, \(free) of \(budget) are free"
        case .unreadable(let id, let why): "state \(id) cannot be read and stays on disk: \(why)"
        case .damaged(let id, let why): "the file of state \(id) cannot be used: \(why)"
        case .part(let id, let expected, let found):
            "the file of state \(id) has arrived as far as byte \(expected), the next part begins at \(found)"
        case .tooManyFiles(let id, let limit):
            "the file of state \(id) cannot arrive now, since \(limit) others are arriving"
        case .refused(let id, let why): "state \(id) cannot be taken: \(why)"
        case .position(let id, let layer, let expected, let found):
            "sequence \(id) stands at position \(expected) in layer \(layer), the call begins at \(found)"
        case .length(let found, let limit): "a length of \(found) tokens, expected 1 to \(limit)"
        case .memory(let needed, let free, let budget):
            "the sequence needs \(needed) bytes of state, \(free) of \(budget) are free"
        case .noSuchPart(let index, let count, let countMax):
            """
            attention cannot be cut so that there is a part \(index) of \(count): parts are counted from 0, and there \
            can be \(AttentionPart.counts.filter { $0 <= countMax }.map { "\($0)" }.joined(separator: ", ")) of them
            """
        case .partInUse(let part): "another router uses this service, which computes \(part.inWords)"
        case .otherPart(let part):
            """
            the service computes \(part.inWords) since it was last asked what it is: ask again before a sequence begins
            """
        case .partChanged: "the service has changed to another part of attention meanwhile"
        case .layer(let found, let count): "layer \(found) of a model of \(count) layers"
        case .token(let id, let vocabulary): "token id \(id) of a vocabulary of \(vocabulary)"
        case .rows(let found, let limit): "\(found) rows in one call, whose answer has room for \(limit)"
        case .question(let row, let fault): "the question about row \(row) \(fault)"
        case .shape(let name, let expected, let found): "\(name) holds \(found) values, expected \(expected)"
        }
    }
}
