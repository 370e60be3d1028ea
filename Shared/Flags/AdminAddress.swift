internal import ArgumentParser
package import Transport

/// The address of the admin server, or `none`.
package struct AdminAddress: Sendable, Equatable, ExpressibleByArgument, CustomStringConvertible {
    package let address: Address?

    package init(_ address: Address?) { self.address = address }

    package init?(argument: String) {
        guard argument != "none" else { self.address = nil; return }
        guard let address = Address(argument: argument) else { return nil }
        self.address = address
    }

    package var description: String { address?.description ?? "none" }
    package var defaultValueDescription: String { description }
}
