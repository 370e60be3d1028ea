internal import ArgumentParser
internal import Console
internal import Flags
internal import Transport

/// Addresses separated by commas, at least one.
struct AddressList: ExpressibleByArgument, Equatable {
    let addresses: [Address]

    init?(argument: String) {
        let texts = listItems(argument)
        addresses = texts.compactMap { Address(argument: $0) }
        guard addresses.count == texts.count else { return nil }
    }
}
