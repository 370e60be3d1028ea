internal import ArgumentParser

/// Into how many parts the operator wants attention to be cut. In JSON it is `"auto"` or a number.
package enum AttentionPartsGoal: Sendable, Hashable, CustomStringConvertible {
    /// Into as many as are predicted to be fastest.
    case auto
    /// Into so many: one of `counts`.
    case fixed(Int)

    /// Into how many parts attention can be cut.
    package static let counts = [1, 2, 4, 8]

    /// All there are, in words.
    package static let words = "auto, 1, 2, 4 or 8"

    /// `auto`, or the number.
    package var description: String {
        switch self {
        case .auto: "auto"
        case .fixed(let count): "\(count)"
        }
    }

    /// Nil where attention cannot be cut into so many parts.
    package init?(count: Int) {
        guard Self.counts.contains(count) else { return nil }
        self = .fixed(count)
    }

    /// Reads `auto` or a number; nil where the text is neither, or attention cannot be cut into so many parts.
    package init?(_ text: String) {
        if text == "auto" {
            self = .auto
        } else {
            guard let count = Int(text) else { return nil }
            self.init(count: count)
        }
    }
}

extension AttentionPartsGoal: ExpressibleByArgument {
    /// As on the command line.
    package init?(argument: String) { self.init(argument) }

    /// What help texts list.
    package static var allValueStrings: [String] { ["auto"] + counts.map(String.init) }
}

extension AttentionPartsGoal: Codable {
    /// - Throws: where it is neither `"auto"` nor one of `counts`.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let goal =
            if let count = try? container.decode(Int.self) {
                Self(count: count)
            } else {
                try? container.decode(String.self) == "auto" ? Self.auto : nil
            }
        guard let goal else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "expected \(Self.words)")
        }
        self = goal
    }

    /// Writes `"auto"` or the number.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .auto: try container.encode("auto")
        case .fixed(let count): try container.encode(count)
        }
    }
}
