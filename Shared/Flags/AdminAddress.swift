internal import ArgumentParser
package import Transport

/// The address of the admin server, or `none`.
package struct AdminAddress: Sendable, Equatable, ExpressibleByArgument, CustomStringConvertible {
    /// Where the admin server listens; nil: there is none.
    package let address: Address?

    /// Takes an address as it is; nil stands for `none`.
    package init(_ address: Address?) { self.address = address }

    /// Reads `none` or an address; nil where the text is neither.
    package init?(argument: String) {
        guard argument != "none" else { self.address = nil; return }
        guard let address = Address(argument: argument) else { return nil }
        self.address = address
    }

    /// As the command line takes it: the address, or `none`.
    package var description: String { address?.description ?? "none" }
    /// What a help text shows as the default: the same as on the command line.
    package var defaultValueDescription: String { description }
}
