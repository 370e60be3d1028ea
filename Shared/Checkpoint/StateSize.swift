/// Bytes of the state that a sequence has in all layers: a fixed part, and whole pages of keys and values.
package struct StateSize: Sendable, Equatable {
    /// Whatever the sequence's length: the states and open blocks of all lightning layers.
    package let fixedBytes: Int
    /// Keys and values of one page of positions in all softmax layers; 0 where there are none.
    package let pageBytes: Int
    /// Positions of a page.
    package let pageLength: Int

    /// Of sizes, none negative; `pageLength` must be above 0.
    package init(fixedBytes: Int, pageBytes: Int, pageLength: Int) {
        (self.fixedBytes, self.pageBytes, self.pageLength) = (fixedBytes, pageBytes, pageLength)
    }

    /// What the state of `tokens` positions takes; `Int.max` where the bytes do not fit in `Int`: more than any memory.
    package func bytes(tokens: Int) -> Int {
        let (fullPages, rest) = max(0, tokens).quotientAndRemainder(dividingBy: pageLength)
        let (sum, isTooLarge) = saturatingProduct(fullPages + (rest > 0 ? 1 : 0), pageBytes).addingReportingOverflow(
            fixedBytes)
        return isTooLarge ? .max : sum
    }

    /// The same beside what the state shares: the full pages of its first `shared` positions.
    package func bytes(tokens: Int, sharing shared: Int) -> Int {
        max(0, bytes(tokens: tokens) - saturatingProduct(max(0, shared) / pageLength, pageBytes))
    }

    /// Most positions of a state that takes at most `bytes`; 0 where not even an empty one fits, `Int.max` where
    /// length costs nothing.
    package func tokens(within bytes: Int) -> Int {
        guard bytes >= fixedBytes else { return 0 }
        guard pageBytes > 0 else { return .max }
        return saturatingProduct((bytes - fixedBytes) / pageBytes, pageLength)
    }
}

/// Of counts, none negative; `Int.max` where the product does not fit.
func saturatingProduct(_ factors: Int...) -> Int {
    if factors.contains(0) { return 0 }
    return factors.reduce(1) { product, factor in
        let (next, isTooLarge) = product.multipliedReportingOverflow(by: factor)
        return isTooLarge ? .max : next
    }
}
