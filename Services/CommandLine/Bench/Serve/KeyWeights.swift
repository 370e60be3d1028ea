internal import ArgumentParser
internal import Console

/// API keys, and how many of the requests each sends in proportion to the others: `A:20,B:1`.
struct KeyWeights: Sendable, Equatable {
    struct Key: Sendable, Equatable {
        let name: String
        let weight: Double
    }
    let keys: [Key]

    func draw(_ random: inout some RandomNumberGenerator) -> String? {
        var left = Double.random(in: 0 ..< 1, using: &random) * keys.reduce(0) { $0 + $1.weight }
        for key in keys {
            left -= key.weight
            if left < 0 { return key.name }
        }
        return keys.last?.name        // rounding may leave a little
    }

    /// Whether `name` can stand in a header and in a list with commas.
    static func isKey(_ name: some StringProtocol) -> Bool {
        !name.isEmpty && name.utf8.count <= 256
            && name.utf8.allSatisfy {
                (0x21 ... 0x7E).contains($0) && $0 != UInt8(ascii: ",")
            }
    }
}

extension KeyWeights: ExpressibleByArgument {
    init?(argument: String) {
        var keys: [Key] = []
        for part in listItems(argument) {
            guard let colon = part.lastIndex(of: ":"), let weight = Double(part[part.index(after: colon)...]) else {
                return nil
            }
            let name = String(part[..<colon])
            guard Self.isKey(name), weight > 0, weight <= 1e9, !keys.contains(where: { $0.name == name }) else {
                return nil
            }
            keys.append(Key(name: name, weight: weight))
        }
        self.keys = keys
    }
}
