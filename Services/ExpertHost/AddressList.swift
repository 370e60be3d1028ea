internal import ArgumentParser
internal import Cluster
internal import Transport

/// Addresses separated by commas, at least one.
struct AddressList: ExpressibleByArgument, Equatable {
    let addresses: [Address]

    init?(argument: String) {
        let texts = argument.split(separator: ",", omittingEmptySubsequences: false)
        addresses = texts.compactMap { Address(argument: String($0)) }
        guard addresses.count == texts.count else { return nil }
    }
}
