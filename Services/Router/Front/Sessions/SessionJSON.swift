internal import JSON
internal import Messages
internal import Records

/// Spells sessions as JSON.
enum SessionJSON {
    /// What a client may ask to see in `include`.
    enum Detail: String, CaseIterable { case tokenIDs = "token_ids", text }

    static func facts(_ facts: Session.Facts) -> [JSONValue.Member] {
        let metadata = facts.metadata.sorted { $0.key < $1.key }.map {
            JSONValue.Member(name: $0.key, value: .string($0.value))
        }
        let members: KeyValuePairs<String, JSONValue> = [
            "id": .string(facts.id.text), "object": "session", "created": .int(facts.created),
            "last_used": .int(facts.lastUsed), "tokens": .int(facts.tokens), "message_count": .int(facts.turns),
            "metadata": .object(metadata),
        ]
        return members.map { JSONValue.Member(name: $0.key, value: $0.value) }
    }

    /// - Parameters:
    ///   - states: the kept ones along its tokens; nil where that is not known.
    ///   - text: of some tokens.
    static func whole(
        _ session: Session, parents: [Session.Parent], states: [SessionState]?, details: Set<Detail>,
        text: ([Int32]) -> String
    ) -> JSONValue {
        var members = facts(session.facts)
        func add(_ name: String, _ value: JSONValue) { members.append(JSONValue.Member(name: name, value: value)) }
        add(
            "messages",
            .array(
                zip(session.turns, session.positions).map { turn, position in
                    var message = [
                        JSONValue.Member(name: "role", value: .string(turn.role)),
                        JSONValue.Member(name: "tokens", value: .int(turn.tokens.count)),
                        JSONValue.Member(name: "position", value: .int(position)),
                    ]
                    if details.contains(.text) {
                        message.append(JSONValue.Member(name: "text", value: .string(text(turn.tokens))))
                    }
                    return .object(message)
                }))
        add("parents", .array(parents.map { ["id": .string($0.id.text), "tokens": .int($0.tokens)] }))
        if let states {
            add("bytes_in_memory", .int(states.reduce(0) { $0 + $1.inMemory }))
            add("bytes_on_disk", .int(states.reduce(0) { $0 + $1.onDisk }))
            add("states", .array(states.map(state)))
        }
        if details.contains(.tokenIDs) { add("token_ids", .array(session.tokens.map { .int($0) })) }
        return .object(members)
    }

    private static func state(_ state: SessionState) -> JSONValue {
        [
            "tokens": .int(state.length), "bytes_in_memory": .int(state.inMemory), "bytes_on_disk": .int(state.onDisk),
        ]
    }

    /// - Parameter bytes: of the snapshot's file.
    static func snapshot(of session: Session, _ state: StateID, bytes: Int, _ model: ServedModel) -> JSONValue {
        [
            "id": .string("snap_\(state)"), "object": "session.snapshot", "session_id": .string(session.facts.id.text),
            "tokens": .int(session.facts.tokens), "bytes": .int(bytes),
            "model_fingerprint": .string(model.fingerprint),
        ]
    }

    static func move(_ move: StateMove, of session: Session) -> JSONValue {
        [
            "id": .string(session.facts.id.text), "object": "session.move", "tokens": .int(session.facts.tokens),
            "moved": .bool(move.hasMoved), "members": .array(move.members.map { .string($0) }),
        ]
    }

    static func list(_ page: Page<Session.Facts>) -> JSONValue { page.json(id: \.id.text) { .object(facts($0)) } }

    static func deleted(_ id: String) -> JSONValue {
        ["id": .string(id), "object": "session.deleted", "deleted": true]
    }
}
