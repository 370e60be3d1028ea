internal import Hummingbird
internal import JSON
internal import Records

extension APIError {
    init(_ refusal: SessionRefusal) {
        switch refusal {
        case .unknown(let id):
            self.init(
                status: .notFound, message: "No session has the id '\(id.echoed)'.", param: "session_id",
                code: "session_not_found")
        case .busy(let id):
            self.init(
                status: .conflict,
                message: "Session \(id) is at work on another request. Please try again once that has its answer.",
                param: "session_id", code: "session_busy", retryAfter: 1)
        case .otherTokenizer(let id):
            self.init(
                status: .conflict,
                message: """
                    The tokens of session \(id) were made by another tokenizer than that of the model served here, for \
                    which they would be another text. The session can be listed, shown without its text, and deleted.
                    """,
                param: "session_id", code: "session_of_another_tokenizer")
        }
    }

    init(_ error: RecordsError) {
        switch error {
        case .unknown(let id): self.init(SessionRefusal.unknown(id.text))
        case .changed:
            self.init(status: .conflict, message: error.description, param: "session_id", code: "session_changed")
        case .beyondEnd: self.init(message: error.description, param: "tokens", code: "integer_above_max_value")
        case .unknownObject, .unknownItem: self.init(status: .notFound, message: error.description, code: "not_found")
        case .chainTooLong, .tooLarge: self.init(message: error.description, code: "invalid_value")
        case .unavailable:
            self = .notReady(error.description)
        case .damaged, .taken:
            self = .internalError
            message = error.description
        }
    }

    init(_ failure: StateFailure) {
        switch failure {
        case .gone: self = .stateNotKept
        case .noRoom(let why): self = .notReady("There is no room for the session's state: \(why).")
        case .refused(let why): self = .invalidSnapshot(why)
        case .noMember(let name):
            self = .invalid(
                "to",
                "Invalid 'to': '\(name.echoed)' is no attention service of a replica that takes sessions.",
                code: "member_not_found")
        case .moving:
            self.init(
                status: .conflict, message: "The session's state is being moved already.", code: "session_busy",
                retryAfter: 1)
        case .nowhere:
            self.init(
                status: .conflict, message: "There is no other replica of attention that the session could move to.",
                code: "no_other_replica")
        case .unavailable:
            self = .notReady("The attention service was lost while it worked on this request; send the request again.")
        case .failed: self = .internalError
        }
    }

    /// - Parameter why: in words that go on after a colon.
    static func invalidSnapshot(_ why: String) -> APIError {
        APIError(
            message: "The request's body is no snapshot that can be restored here: \(why).", code: "invalid_snapshot")
    }

    /// Other states are worth more than this one.
    static var stateNotKept: APIError {
        .notReady("The session's state was computed, but there was no memory to keep it; try again later.")
    }

    static func rangeNotSatisfiable(fileBytes: Int) -> APIError {
        APIError(
            status: .rangeNotSatisfiable, message: "The snapshot has \(fileBytes) bytes, none of them in this Range.",
            code: "range_not_satisfiable")
    }
}

extension Session {
    /// Refuses a session whose tokens are of another model.
    func requireTokens(knownTo model: ServedModel) throws(APIError) {
        guard !tokens.allSatisfy(model.knows) else { return }
        throw APIError(
            status: .conflict, message: "Session \(facts.id) has tokens that the model '\(model.id)' does not know.",
            param: "session_id", code: "session_of_another_model")
    }
}

extension ServedModel {
    /// Whether a token id is in the vocabulary.
    func knows(_ token: Int32) -> Bool { (0 ..< vocabularySize).contains(Int(token)) }
}
