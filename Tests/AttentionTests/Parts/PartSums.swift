@testable import Attention

/// The answers of all parts, added pair by pair: neighbours first, then neighbours of those.
func addedPairwise(_ parts: [[Float]]) -> [Float] {
    guard parts.count > 1 else { return parts[0] }
    let left = addedPairwise(Array(parts[..<(parts.count / 2)]))
    let right = addedPairwise(Array(parts[(parts.count / 2)...]))
    return zip(left, right).map { $0 + $1 }
}

/// The same of the bits of rows.
func addedPairwise(_ parts: [Answers]) -> Answers {
    parts[0].indices.map { row in
        bits(addedPairwise(parts.map { part in part[row].map { Float(bitPattern: $0) } }))
    }
}
