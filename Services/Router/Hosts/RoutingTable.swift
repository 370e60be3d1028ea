internal import Messages

/// Who can be asked for what at this moment. A table never changes: when something has happened there is a new one.
struct RoutingTable: Sendable {
    struct Member: Sendable {
        let host: ExpertHostClient
        /// It answers in time and rightly; others are asked only where nobody else is left.
        var isSound = true
        /// In memory there.
        var ready: UnitMap
        /// What the plan wants there.
        var wanted: UnitMap
        /// Bytes a second that it is taken to read.
        let speed: Double
    }

    /// Ascending; tells one table from the next.
    var serial = 0
    /// All connected hosts; of equals, the first ones are asked.
    var members: [Member] = []
    /// Of each layer and expert: into how many slices the plan cuts it, at most as many as there are holders.
    var cuts: [[Int]] = []
    /// Whether anything is held by more than one member.
    var hasCopies = true

    /// Members that answer in time.
    var soundCount: Int { members.count(where: \.isSound) }

    /// One call for each host that is asked for any of the pieces.
    ///
    /// Pieces go to holders of whom the plan wants them, as far as there are any; of several holders to the one with
    /// the least to do so far, the largest piece first.
    ///
    /// - Parameters:
    ///   - pieces: of one layer.
    ///   - rowCounts: how many rows each of the layer's groups has; one each where it is not said.
    ///   - avoided: instances that are not asked.
    ///   - anyone: also hosts that are not sound.
    /// - Returns: the calls, and the pieces that nobody can be asked for.
    func calls(
        _ layer: Int, _ pieces: [ExpertPiece], rowCounts: [Int] = [], avoiding avoided: [String] = [],
        anyone: Bool = false
    ) -> (calls: [HostCall], missing: [ExpertPiece]) {
        var calls = members.map { HostCall(host: $0.host) }
        var load = [Double](repeating: 0, count: members.count)
        var missing: [ExpertPiece] = []
        let candidates = members.indices.filter { index in
            (anyone || members[index].isSound) && !avoided.contains(members[index].host.instance)
        }
        /// Reading weights takes about as long as sixteen rows do with them.
        func cost(_ piece: ExpertPiece) -> Double {
            let rows = rowCounts.indices.contains(piece.group) ? rowCounts[piece.group] : 1
            return Double(piece.slice.eighths.nonzeroBitCount) * (16 + Double(rows))
        }
        func place(_ piece: ExpertPiece) {
            let eighths = piece.slice.eighths
            func holds(_ map: UnitMap) -> Bool { eighths & ~map[layer, piece.expert] == 0 }
            let ready = candidates.filter { holds(members[$0].ready) }
            let wanted = ready.filter { holds(members[$0].wanted) }
            if let best = (wanted.isEmpty ? ready : wanted).min(by: { load[$0] < load[$1] }) {
                load[best] += cost(piece) / members[best].speed
                calls[best].pieces.append(piece)
            } else if let (first, second) = piece.halves {
                place(first)
                place(second)
            } else {
                missing.append(piece)
            }
        }
        let parts = pieces.flatMap { $0.cut(into: cuts.isEmpty ? 1 : cuts[layer][$0.expert]) }
        let costs = parts.map(cost)
        for index in parts.indices.sorted(by: { (costs[$1], $0) < (costs[$0], $1) }) { place(parts[index]) }
        for index in calls.indices { calls[index].mergeNeighbours() }
        return (calls.filter { !$0.pieces.isEmpty }, missing)
    }
}

/// A layer's token group, or a slice of what its expert does with it.
struct ExpertPiece: Sendable, Hashable {
    /// Index into the layer's groups.
    let group: Int
    let expert: Int
    let slice: ExpertSlice

    /// The parts of the piece in slices no larger than one of `count`.
    func cut(into count: Int) -> [ExpertPiece] {
        guard slice.count < count, let (first, second) = halves else { return [self] }
        return first.cut(into: count) + second.cut(into: count)
    }

    /// Nil for an eighth.
    var halves: (ExpertPiece, ExpertPiece)? { slice.halves.map { (with($0), with($1)) } }

    /// Another slice of the same group.
    func with(_ slice: ExpertSlice) -> ExpertPiece { ExpertPiece(group: group, expert: expert, slice: slice) }
}

/// What one host is asked for one layer.
struct HostCall: Sendable {
    let host: ExpertHostClient
    var pieces: [ExpertPiece] = []

    /// Two halves of a slice are asked for as the slice: one product instead of two.
    mutating func mergeNeighbours() {
        var merged: [ExpertPiece] = []
        for piece in pieces.sorted(by: { ($0.group, $0.slice.eighths) < ($1.group, $1.slice.eighths) }) {
            var piece = piece
            while let last = merged.last, last.group == piece.group, let parent = piece.slice.parent,
                last.slice.parent == parent, last.slice != piece.slice
            {
                merged.removeLast()
                piece = piece.with(parent)
            }
            merged.append(piece)
        }
        pieces = merged
    }
}
