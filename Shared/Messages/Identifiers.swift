/// The id of a sequence: one running generation. Unique within one start of a router.
package struct SequenceID: RawRepresentable, Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Counted up by the router.
    package let rawValue: UInt64

    /// Any number is an id.
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The number.
    package var description: String { String(rawValue) }

    /// In the order in which the router has counted.
    package static func < (a: SequenceID, b: SequenceID) -> Bool { a.rawValue < b.rawValue }
}

extension SequenceID: ExpressibleByIntegerLiteral {
    /// Any number is an id.
    package init(integerLiteral value: UInt64) { self.init(rawValue: value) }
}

/// The id of a kept state: what stands in the attention service after the tokens of a prefix. Drawn at random, so that
/// it is unique for as long as states last.
package struct StateID: RawRepresentable, Sendable, Hashable, Comparable, CustomStringConvertible {
    /// 0 stands for no state.
    package let rawValue: UInt64

    /// Any number but 0 is the id of a state.
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// No state.
    package static let none = StateID(rawValue: 0)

    /// An id that no other state has.
    package static func random() -> StateID { StateID(rawValue: .random(in: 1 ... .max)) }

    /// Sixteen hexadecimal digits, as files on disk are named.
    package var description: String {
        let digits = String(rawValue, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// An order for lists; it means nothing.
    package static func < (a: StateID, b: StateID) -> Bool { a.rawValue < b.rawValue }
}

extension StateID: ExpressibleByIntegerLiteral {
    /// Any number but 0 is the id of a state.
    package init(integerLiteral value: UInt64) { self.init(rawValue: value) }
}
