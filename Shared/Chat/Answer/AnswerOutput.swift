/// What has become known of an answer and was not fetched yet, and what is held back because its meaning is open.
struct AnswerOutput: Sendable {
    /// What an answer's characters can be.
    enum Kind: Sendable { case text, reasoning, arguments }
    /// Bytes whose meaning is open, from the first one on.
    private(set) var held: [UInt8] = []
    /// How many Unicode scalars `held` has; counted along, since a caller asks after every token.
    private(set) var heldScalars = 0
    /// How many calls have begun.
    private(set) var calls = 0
    private(set) var isInCall = false
    private var pieces: [AnswerPiece] = []
    /// The last piece, still growing.
    private var growing: [UInt8] = []
    private var growingKind = Kind.text

    mutating func hold(_ byte: UInt8) {
        held.append(byte)
        if byte.beginsScalar { heldScalars += 1 }
    }

    /// Takes back the last byte that was held, a character of its own.
    mutating func dropLastHeld() {
        held.removeLast()
        heldScalars -= 1
    }

    /// What was held is understood and is no part of any text.
    mutating func dropHeld() {
        held.removeAll(keepingCapacity: true)
        heldScalars = 0
    }

    /// What was held belongs to the answer as it stands.
    mutating func releaseHeld(as kind: Kind) {
        write(held, as: kind)
        dropHeld()
    }

    mutating func write(_ bytes: some Sequence<UInt8>, as kind: Kind) {
        if kind != growingKind { closePiece() }
        growingKind = kind
        growing += bytes
    }

    mutating func write(_ byte: UInt8, as kind: Kind) { write(CollectionOfOne(byte), as: kind) }

    /// What was held is the beginning of a call.
    mutating func beginCall(_ name: String) {
        dropHeld()
        closePiece()
        pieces.append(.callBegins(name: name))
        calls += 1
        isInCall = true
    }

    mutating func endCall() {
        closePiece()
        pieces.append(.callEnds)
        isInCall = false
    }

    /// All that became known since the last time.
    mutating func take() -> [AnswerPiece] {
        closePiece()
        defer { pieces = [] }
        return pieces
    }

    private mutating func closePiece() {
        guard !growing.isEmpty else { return }
        let text = String(decoding: growing, as: UTF8.self)
        growing.removeAll(keepingCapacity: true)
        switch growingKind {
        case .text: pieces.append(.text(text))
        case .reasoning: pieces.append(.reasoning(text))
        case .arguments: pieces.append(.callArguments(text))
        }
    }
}
