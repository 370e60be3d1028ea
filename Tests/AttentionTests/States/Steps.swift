import Checkpoint
import Messages
import Synchronization

@testable import Attention

/// The tokens of one sequence as rows: those of `story` 0 up to `parting`, then those of another.
struct Story {
    var story = 0
    var parting = 0

    /// The input of every layer at a position.
    func row(_ position: Int, columns: Int) -> [Float] {
        pattern(columns, seed: position + (position < parting ? 0 : 83 * story))
    }
}

/// New rows of one sequence, for a step over all layers.
struct Step {
    let sequence: SequenceID
    let start: Int
    let count: Int
    var story = Story()
}

/// What rows come to: of each row the bits of every layer's answer.
typealias Answers = [[UInt32]]

extension AttentionEngine {
    /// Carries new rows of some sequences through all layers, side by side; returns each step's answers.
    func carry(_ steps: [Step]) async throws -> [Answers] {
        let columns = config.hiddenSize
        let hidden = steps.flatMap { step in
            (step.start ..< step.start + step.count).flatMap { step.story.row($0, columns: columns) }
        }
        var rows = Answers(repeating: [], count: steps.reduce(0) { $0 + $1.count })
        for layer in config.layers.indices {
            let answer = try await attend(
                SublayerRequest(
                    layer: layer,
                    spans: steps.map { SequenceSpan(sequence: $0.sequence, start: $0.start, count: $0.count) },
                    hidden: hidden))
            for row in rows.indices {
                rows[row] += bits(answer.partial[row * columns ..< (row + 1) * columns])
                if !answer.squares.isEmpty { rows[row].append(answer.squares[row].bitPattern) }
            }
        }
        var first = 0
        return steps.map { step in
            defer { first += step.count }
            return Array(rows[first ..< first + step.count])
        }
    }

    /// Carries one sequence from `start` to `end` in pieces of these lengths, repeated.
    func carry(
        _ sequence: SequenceID, _ start: Int, to end: Int, pieces: [Int] = [.max], _ story: Story = Story()
    ) async throws -> Answers {
        var answers: Answers = [], position = start, index = 0
        while position < end {
            let count = min(pieces[index % pieces.count], end - position)
            answers += try await carry([Step(sequence: sequence, start: position, count: count, story: story)])[0]
            (position, index) = (position + count, index + 1)
        }
        return answers
    }

    /// The bits of all lightning states after a sequence's last token: head by head the matrix and the open block.
    func matrices(_ sequence: SequenceID) async throws -> [[UInt32]] {
        let states = held.states
        let live = try states.store.withLock { store throws(AttentionError) in
            try store.state(SequenceKey(router: 0, id: sequence))
        }
        return live.layers.compactMap { $0.lightning?.valuesByHead(states.shape.lightning) }
    }

    /// What an undisturbed sequence comes to: the answers at all positions before `end`, and its states there.
    func undisturbed(to end: Int, _ story: Story = Story()) async throws -> (answers: Answers, matrices: [[UInt32]]) {
        try await open(999, tokensMax: end)
        let answers = try await carry(999, 0, to: end, story)
        let matrices = try await matrices(999)
        try await close([999])
        return (answers, matrices)
    }

    // MARK: kept states

    static let owner = "tests"

    @discardableResult func keep(
        _ sequence: SequenceID, as state: StateID, closes: Bool = false, promised: Bool = false, worth: Int = 0,
        tokens: [Int32] = []
    ) async throws -> KeepStateResponse {
        try await states.keep(
            KeepStateRequest(
                sequence: sequence, state: state, owner: Self.owner, closes: closes, promised: promised,
                worthMilliseconds: worth, tokens: tokens))
    }

    @discardableResult func open(
        _ sequence: SequenceID, from state: StateID, length: Int, tokensMax: Int = 600, consumes: Bool = false
    ) async throws -> Int {
        try await states.open(
            OpenSequenceRequest(
                sequence: sequence, tokensMax: tokensMax, state: state, length: length, owner: Self.owner,
                consumes: consumes)
        ).grantedBytes
    }

    @discardableResult func close(_ sequences: [SequenceID]) async throws -> Int {
        try await states.close(CloseSequencesRequest(sequences: sequences, all: false)).closed
    }

    @discardableResult func drop(_ ids: [StateID]) async -> Int {
        await states.drop(DropStatesRequest(owner: Self.owner, states: ids)).dropped
    }

    /// - Returns: the size of the state's file.
    @discardableResult func store(_ state: StateID, leavesMemory: Bool = true) async throws -> Int {
        try await states.store(
            StoreStateRequest(owner: Self.owner, state: state, leavesMemory: leavesMemory)
        ).diskBytes
    }

    var list: ListStatesResponse { states.list(ListStatesRequest(owner: Self.owner)) }
}
