internal import ArgumentParser
internal import Transport

extension Address: ExpressibleByArgument {
    /// Reads an address as `init(parsing:)` does; nil where the text is none.
    package init?(argument: String) {
        do { try self.init(parsing: argument) } catch { return nil }
    }
}

/// Refuses a negative number, naming its flag.
package func requireNotNegative(_ value: Int, _ flag: String) throws {
    guard value >= 0 else { throw ValidationError("\(flag) is \(value), expected 0 or more") }
}

/// Refuses a number below 1, naming its flag.
package func requirePositive(_ value: Int, _ flag: String) throws {
    guard value > 0 else { throw ValidationError("\(flag) is \(value), expected 1 or more") }
}

/// The value of a flag that turns something on or off.
package enum Switch: String, Sendable, CaseIterable, ExpressibleByArgument { case on, off }
