internal import Checkpoint
internal import Messages

/// What was computed in one scope: a radix tree over token ids, with the states that are kept.
///
/// Matrices of a lightning layer change only at block borders, so a state of p tokens can serve as any prefix of q
/// tokens with (p rounded down to a border) <= q <= p. The tree therefore hangs a state at its last block border, with
/// the tokens beyond it as a tail: every prompt that passes this node can use the state, as far as the tail matches.
///
/// Edges also remember tokens of which no state is kept: they show where prompts part. Nodes lie in an array and are
/// named by their index, so that the tree is a value.
struct PrefixTree: Sendable {
    /// A kept state, seen from its last block border.
    struct Kept: Sendable, Equatable {
        let id: StateID
        let replica: ReplicaID
        /// The state's tokens beyond the border, fewer than a block.
        let tail: [Int32]
    }

    struct Node: Sendable {
        /// The tokens between the parent and this node.
        var tokens: [Int32]
        /// How many tokens there are from the root to this node.
        var depth: Int
        var parent: Int
        /// By the first of their tokens.
        var children: [Int32: Int] = [:]
        /// States whose last block border is here.
        var kept: [Kept] = []
        /// A state that hung here is gone.
        var hasLostState = false
        /// How many states hang here or further down.
        var keptBelow = 0
        /// The book's count of uses when this node was last used. A parent's is never less than its children's.
        var lastUse = 0
    }

    static let root = 0
    static let blockLength = ModelConfig.lightningBlockLength

    private(set) var nodes: [Node] = [Node(tokens: [], depth: 0, parent: root)]
    /// Indices of nodes that are in use no more.
    private var free: [Int] = []
    /// How many token ids the tree stores.
    private(set) var tokenCount = 0

    /// The last block border at or before a position.
    static func border(_ position: Int) -> Int { position / blockLength * blockLength }

    // MARK: changing

    /// Remembers that these tokens were computed.
    mutating func insert(_ tokens: some RandomAccessCollection<Int32>, use: Int) {
        let tokens = Array(tokens)
        var walk = Walk(tokens, in: self)
        for node in walk.nodes { nodes[node].lastUse = use }
        if let edge = walk.edge {
            // Where they end inside the edge there is nothing new.
            guard walk.matched < tokens.count else { return }
            walk.end = split(edge, at: walk.matched)
            nodes[walk.end].lastUse = use
        }
        if walk.matched < tokens.count { addLeaf(Array(tokens[walk.matched...]), below: walk.end, use: use) }
    }

    /// Hangs up a state of these tokens.
    ///
    /// - Returns: the node where it hangs.
    mutating func keep(_ id: StateID, _ tokens: [Int32], on replica: ReplicaID, use: Int) -> Int {
        insert(tokens, use: use)
        let border = Self.border(tokens.count)
        let walk = Walk(Array(tokens[..<border]), in: self)
        let node = walk.edge.map { split($0, at: border) } ?? walk.end
        let tail = Array(tokens[border...])
        nodes[node].kept.append(Kept(id: id, replica: replica, tail: tail))
        tokenCount += tail.count
        count(1, at: node)
        return node
    }

    /// A state is gone. The node remembers that there was one.
    mutating func lose(_ id: StateID, at node: Int) {
        guard let index = nodes[node].kept.firstIndex(where: { $0.id == id }) else { return }
        tokenCount -= nodes[node].kept.remove(at: index).tail.count
        nodes[node].hasLostState = true
        count(-1, at: node)
    }

    /// Forgets a node that has no children and no states.
    mutating func forget(_ node: Int) {
        guard node != Self.root, nodes[node].children.isEmpty, nodes[node].kept.isEmpty else { return }
        nodes[nodes[node].parent].children[nodes[node].tokens[0]] = nil
        tokenCount -= nodes[node].tokens.count
        nodes[node] = Node(tokens: [], depth: 0, parent: node)
        free.append(node)
    }

    /// Nodes that may be forgotten: no state hangs at them or further down.
    var forgettable: [Int] {
        nodes.indices.filter { $0 != Self.root && nodes[$0].keptBelow == 0 && !nodes[$0].tokens.isEmpty }
    }

    /// Adds to the number of states at a node and all above it.
    private mutating func count(_ change: Int, at node: Int) {
        var node = node
        while true {
            nodes[node].keptBelow += change
            guard node != Self.root else { return }
            node = nodes[node].parent
        }
    }

    private mutating func addLeaf(_ tokens: [Int32], below parent: Int, use: Int) {
        let node = add(Node(tokens: tokens, depth: nodes[parent].depth + tokens.count, parent: parent, lastUse: use))
        nodes[parent].children[tokens[0]] = node
        tokenCount += tokens.count
    }

    /// Puts a node into the middle of the edge above `node`, at this depth.
    ///
    /// - Returns: the new node; what hangs at `node` stays there.
    private mutating func split(_ node: Int, at depth: Int) -> Int {
        let below = nodes[node]
        let upperCount = depth - (below.depth - below.tokens.count)
        let upper = add(
            Node(
                tokens: Array(below.tokens[..<upperCount]), depth: depth, parent: below.parent,
                children: [below.tokens[upperCount]: node], keptBelow: below.keptBelow, lastUse: below.lastUse))
        nodes[below.parent].children[below.tokens[0]] = upper
        nodes[node].tokens = Array(below.tokens[upperCount...])
        nodes[node].parent = upper
        return upper
    }

    private mutating func add(_ node: Node) -> Int {
        guard let index = free.popLast() else {
            nodes.append(node)
            return nodes.count - 1
        }
        nodes[index] = node
        return index
    }
}

extension PrefixTree {
    /// How far some tokens lead into a tree.
    struct Walk {
        /// The nodes that were reached, the root first.
        private(set) var nodes = [PrefixTree.root]
        /// How many of the tokens the tree has.
        private(set) var matched = 0
        /// The node whose edge the tokens end or part in; nil where they do so at a node.
        private(set) var edge: Int?
        /// The last node that was reached.
        var end = PrefixTree.root

        init(_ tokens: [Int32], in tree: borrowing PrefixTree) {
            while matched < tokens.count, let child = tree.nodes[end].children[tokens[matched]] {
                let label = tree.nodes[child].tokens
                let common = commonLength(label[...], tokens[matched...])
                matched += common
                nodes.append(child)
                guard common == label.count else {
                    edge = child
                    return
                }
                end = child
            }
        }

        /// Nodes at whose depth the tokens go on or end as the tree does: all but one in whose edge they part.
        var reached: ArraySlice<Int> { edge == nil ? nodes[...] : nodes.dropLast() }
    }
}

/// How many leading tokens two sequences have in common.
func commonLength(_ a: ArraySlice<Int32>, _ b: ArraySlice<Int32>) -> Int {
    let count = min(a.count, b.count)
    let (first, second) = (a.startIndex, b.startIndex)
    var length = 0
    while length < count, a[first + length] == b[second + length] { length += 1 }
    return length
}
