internal import ArgumentParser
internal import Console
internal import Flags
package import Transport

/// Addresses separated by commas, at least one.
package struct AddressList: ExpressibleByArgument, Equatable, Sendable {
    /// In the order in which they were given.
    package let addresses: [Address]

    /// Nil where one of them is no address.
    package init?(argument: String) {
        let texts = listItems(argument)
        addresses = texts.compactMap { Address(argument: $0) }
        guard addresses.count == texts.count else { return nil }
    }
}
