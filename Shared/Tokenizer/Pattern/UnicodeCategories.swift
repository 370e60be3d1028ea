/// The scalars of each general category, gathered once from the standard library.
///
/// Patterns see Unicode 16, as they do in Hugging Face's tokenizers (Oniguruma); scalars assigned later count as
/// unassigned. The Digits pre-tokenizer sees every version the standard library knows.
enum UnicodeCategories {
    private struct Run {
        let scalars: Range<UInt32>
        let category: Unicode.GeneralCategory
        let isInPatterns: Bool
    }

    private static let runs: [Run] = {
        var runs: [Run] = []
        for plane in [0x0_0000, 0x1_0000, 0x2_0000, 0x3_0000, 0xE_0000, 0xF_0000, 0x10_0000] as [UInt32] {
            var start = plane
            var last = property(of: plane)
            for value in plane ..< plane + 0x1_0000 {
                let next = property(of: value)
                guard next != last else { continue }
                runs.append(Run(scalars: start ..< value, category: last.category, isInPatterns: last.isInPatterns))
                (start, last) = (value, next)
            }
            runs.append(
                Run(scalars: start ..< plane + 0x1_0000, category: last.category, isInPatterns: last.isInPatterns))
        }
        return runs
    }()

    private static func property(of value: UInt32) -> (category: Unicode.GeneralCategory, isInPatterns: Bool) {
        guard let scalar = Unicode.Scalar(value) else { return (.surrogate, true) }
        return (scalar.properties.generalCategory, (scalar.properties.age?.major ?? 0) <= 16)
    }

    /// The set that `\p{abbreviation}` names: a category as "Lu" or a group as "L"; nil if there is none of that name.
    static func set(named abbreviation: String) -> ScalarSet? {
        guard let categories = names[abbreviation] else { return nil }
        if abbreviation == "C" || abbreviation == "Cn" { return nil }        // unassigned planes are not gathered
        return ScalarSet(joining: runs.filter { $0.isInPatterns && categories.contains($0.category) }.map(\.scalars))
    }

    /// Numeric scalars of the Digits pre-tokenizer.
    static let digits = ScalarSet(
        joining: runs.filter { [.decimalNumber, .letterNumber, .otherNumber].contains($0.category) }.map(\.scalars))

    /// White_Space, which `\s` means; it has not changed since Unicode 6.3.
    static let whitespace = ScalarSet(ascending: [
        0x09 ..< 0x0E, 0x20 ..< 0x21, 0x85 ..< 0x86, 0xA0 ..< 0xA1, 0x1680 ..< 0x1681, 0x2000 ..< 0x200B,
        0x2028 ..< 0x202A, 0x202F ..< 0x2030,
        0x205F ..< 0x2060, 0x3000 ..< 0x3001,
    ])

    private static let names: [String: Set<Unicode.GeneralCategory>] = {
        var names: [String: Set<Unicode.GeneralCategory>] = [
            "Lu": [.uppercaseLetter], "Ll": [.lowercaseLetter], "Lt": [.titlecaseLetter], "Lm": [.modifierLetter],
            "Lo": [.otherLetter],
            "Mn": [.nonspacingMark], "Mc": [.spacingMark], "Me": [.enclosingMark],
            "Nd": [.decimalNumber], "Nl": [.letterNumber], "No": [.otherNumber],
            "Pc": [.connectorPunctuation], "Pd": [.dashPunctuation], "Ps": [.openPunctuation],
            "Pe": [.closePunctuation],
            "Pi": [.initialPunctuation], "Pf": [.finalPunctuation], "Po": [.otherPunctuation],
            "Sm": [.mathSymbol], "Sc": [.currencySymbol], "Sk": [.modifierSymbol], "So": [.otherSymbol],
            "Zs": [.spaceSeparator], "Zl": [.lineSeparator], "Zp": [.paragraphSeparator],
            "Cc": [.control], "Cf": [.format], "Co": [.privateUse],
        ]
        for (name, categories) in names { names[String(name.prefix(1)), default: []].formUnion(categories) }
        return names
    }()
}

extension ScalarSet {
    /// `ranges` must ascend; those that touch become one.
    fileprivate init(joining ranges: [Range<UInt32>]) {
        var joined: [Range<UInt32>] = []
        for range in ranges {
            if let last = joined.last, last.upperBound == range.lowerBound {
                joined[joined.count - 1] = last.lowerBound ..< range.upperBound
            } else {
                joined.append(range)
            }
        }
        self.init(ascending: joined)
    }
}
