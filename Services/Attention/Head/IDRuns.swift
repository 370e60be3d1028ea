internal import Algorithms

/// Runs of neighbouring ids: what is left of a range without others.
extension Range<Int> {
    /// - Parameter others: ascending, apart from each other.
    func without(_ others: [Range<Int>]) -> [Range<Int>] {
        var runs: [Range<Int>] = [], start = lowerBound
        let begin = others.partitioningIndex { $0.upperBound > lowerBound }
        for other in others[begin...] {
            guard other.lowerBound < upperBound else { break }
            if start < other.lowerBound { runs.append(start ..< other.lowerBound) }
            start = other.upperBound
        }
        if start < upperBound { runs.append(start ..< upperBound) }
        return runs
    }
}

extension [Range<Int>] {
    /// The runs without some ids, which ascend.
    func without(_ ids: [UInt32]) -> [Range<Int>] {
        guard let first, !ids.isEmpty else { return self }
        var runs: [Range<Int>] = [], next = ids.partitioningIndex { $0 >= first.lowerBound }
        for run in self {
            var start = run.lowerBound
            while next < ids.count, ids[next] < run.upperBound {
                let id = Int(ids[next])
                if start < id { runs.append(start ..< id) }
                start = Swift.max(start, id + 1)
                next += 1
            }
            if start < run.upperBound { runs.append(start ..< run.upperBound) }
        }
        return runs
    }
}
