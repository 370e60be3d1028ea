internal import Foundation

/// The tokens that may still be chosen, with their scores and weights. Keeps the highest few of 200,000 without sorting
/// them all.
struct Candidates: Sendable {
    private struct Entry: Sendable {
        var id: Int32
        var score: Float
        var weight: Double = 0

        /// Higher score first, then the lower id: a total order, so every selection below has one answer.
        func precedes(_ other: Entry) -> Bool { score > other.score || (score == other.score && id < other.id) }
    }
    private var entries: [Entry] = []

    /// In the order in which `token(at:)` walks them.
    var ids: [Int32] { entries.map(\.id) }

    mutating func append(id: Int32, score: Float) { entries.append(Entry(id: id, score: score)) }

    /// Removes what follows a token in the order of scores.
    mutating func remove(behind id: Int32, score: Float) {
        let last = Entry(id: id, score: score)
        entries.removeAll { last.precedes($0) }
    }

    /// From now on `token(at:)` walks them by their ids.
    mutating func sortByID() { entries.sort { $0.id < $1.id } }

    /// Keeps the `count` highest, in no particular but reproducible order.
    mutating func keepHighest(_ count: Int) {
        guard count < entries.count else { return }
        moveHighest(count, from: 0)
        entries.removeLast(entries.count - count)
    }

    /// Gives each its weight exp((score - highest) / temperature), so the highest weighs 1; returns their sum.
    mutating func weigh(highest: Double, temperature: Double) -> Double {
        var total = 0.0
        for index in entries.indices {
            let exponent = (Double(entries[index].score) - highest) / temperature
            entries[index].weight = exponent > -80 ? exp(exponent) : 0
            total += entries[index].weight
        }
        return total
    }

    /// Keeps the fewest most likely ones that together weigh at least `mass`, most likely first; returns what they
    /// weigh. Sorted runs of growing length: the cost follows the number kept, not the vocabulary.
    mutating func keepMass(_ mass: Double) -> Double {
        var sum = 0.0
        var sorted = 0
        var run = 64
        while sorted < entries.count {
            let end = min(sorted + run, entries.count)
            moveHighest(end - sorted, from: sorted)
            entries[sorted ..< end].sort { $0.precedes($1) }
            for index in sorted ..< end {
                sum += entries[index].weight
                guard sum < mass else {
                    entries.removeLast(entries.count - index - 1)
                    return sum
                }
            }
            (sorted, run) = (end, run * 4)
        }
        return sum
    }

    /// The token whose share of the weight line from 0 to the total covers `point`.
    func token(at point: Double) -> Int32 {
        var sum = 0.0
        for entry in entries {
            sum += entry.weight
            if point < sum { return entry.id }
        }
        // Rounding only: the point lay within one ulp of the total.
        return entries.last { $0.weight > 0 }?.id ?? entries[0].id
    }

    /// Moves the `count` highest of entries[from...] to entries[from..<from + count]: quickselect, linear on average.
    private mutating func moveHighest(_ count: Int, from: Int) {
        let target = from + count
        var low = from
        var high = entries.count - 1
        while low < high, target <= high {
            let pivot = medianOfThree(low, high)
            var left = low
            var right = high
            while left <= right {
                while entries[left].precedes(pivot) { left += 1 }
                while pivot.precedes(entries[right]) { right -= 1 }
                if left <= right {
                    entries.swapAt(left, right)
                    left += 1
                    right -= 1
                }
            }
            // Now low...right precede or equal the pivot, left...high follow or equal it; at most one lies between.
            if target - 1 <= right { high = right } else if target - 1 >= left { low = left } else { return }
        }
    }

    private func medianOfThree(_ low: Int, _ high: Int) -> Entry {
        let (first, middle, last) = (entries[low], entries[low + (high - low) / 2], entries[high])
        if first.precedes(middle) == middle.precedes(last) { return middle }
        return middle.precedes(first) == first.precedes(last) ? first : last
    }
}
