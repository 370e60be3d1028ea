/// Why records were not read or changed. Nothing was changed then.
package enum RecordsError: Error, Equatable, CustomStringConvertible {
    /// No session of this account has this id.
    case unknown(SessionID)
    /// Somebody else changed the session since it was read: found another version than expected.
    case changed(SessionID, expected: Int, found: Int)
    /// There is a session of this id already.
    case taken(SessionID)
    /// More tokens were asked for than the session has.
    case beyondEnd(SessionID, asked: Int, found: Int)
    /// No object of this account has this id.
    case unknownObject(String)
    /// The object has no item of this id.
    case unknownItem(String)
    /// A response has more before it than are followed.
    case chainTooLong(String)
    /// What was asked for has more bytes than may be loaded at a time.
    case tooLarge(bytesMax: Int)
    /// The medium is full, read-only, broken or busy; the sentence says which.
    case unavailable(String)
    /// What was stored is not what was written; the sentence names it.
    case damaged(String)

    /// The whole in one sentence, without the path of any file.
    package var description: String {
        switch self {
        case .unknown(let id): "There is no session \(id)."
        case .changed(let id, let expected, let found):
            "Session \(id) was changed meanwhile: expected version \(expected), found \(found)."
        case .taken(let id): "There is a session \(id) already."
        case .beyondEnd(let id, let asked, let found):
            "Session \(id) has \(found) tokens, fewer than the \(asked) asked for."
        case .unknownObject(let id): "There is no object \(id)."
        case .unknownItem(let id): "There is no item \(id)."
        case .chainTooLong(let id): "More than \(chainMax) responses lead to \(id)."
        case .tooLarge(let bytesMax): "What is stored has more than \(bytesMax) bytes."
        case .unavailable(let sentence), .damaged(let sentence): sentence
        }
    }
}
