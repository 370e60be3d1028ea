import Testing

@testable import Tokenizer

@Suite("Categories of scalars") struct UnicodeCategoriesTests {
    private static let categories = [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po",
        "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Co",
    ]

    @Test("no scalar is of two categories, and a group is all categories of its letter")
    func groups() throws {
        var seen = ScalarSet.none
        for name in Self.categories {
            let set = try #require(UnicodeCategories.set(named: name))
            #expect(!set.isEmpty && set.intersection(seen).isEmpty, "\(name)")
            seen = seen.union(set)
        }
        for group in ["L", "M", "N", "P", "S", "Z"] {
            let members = Self.categories.filter { $0.hasPrefix(group) }.compactMap(UnicodeCategories.set(named:))
            #expect(UnicodeCategories.set(named: group) == members.reduce(ScalarSet.none) { $0.union($1) })
        }
    }

    @Test(
        "one scalar of each category is in it",
        arguments: [
            ("Lu", "A"), ("Ll", "ß"), ("Lt", "ǅ"), ("Lm", "ʰ"), ("Lo", "漢"), ("Mn", "\u{301}"), ("Mc", "\u{903}"),
            ("Me", "\u{20DD}"), ("Nd", "٣"), ("Nl", "Ⅷ"), ("No", "½"), ("Pc", "_"), ("Pd", "—"), ("Ps", "("),
            ("Pe", "]"),
            ("Pi", "«"), ("Pf", "»"), ("Po", "!"), ("Sm", "+"), ("Sc", "€"), ("Sk", "^"), ("So", "😀"), ("Zs", "\u{A0}"),
            ("Zl", "\u{2028}"), ("Zp", "\u{2029}"), ("Cc", "\n"), ("Cf", "\u{200D}"), ("Co", "\u{E000}"),
        ])
    func members(name: String, text: String) throws {
        let scalar = try #require(text.unicodeScalars.first)
        for other in Self.categories {
            #expect(UnicodeCategories.set(named: other)?.contains(scalar.value) == (other == name), "\(other)")
        }
    }

    @Test(
        "names that are no category, or one that is not gathered, are none",
        arguments: [
            "", "C", "Cn", "Cs", "l", "Han", "LC", "Any",
        ])
    func unknown(name: String) {
        #expect(UnicodeCategories.set(named: name) == nil)
    }

    @Test("whitespace is what the standard library calls so")
    func whitespace() {
        let scalars = (0 ... 0xFFFF as ClosedRange<UInt32>).compactMap(Unicode.Scalar.init)
        let differing = scalars.filter { $0.properties.isWhitespace != UnicodeCategories.whitespace.contains($0.value) }
        #expect(differing.isEmpty)
    }

    @Test("scalars that came after Unicode 16 are of no category")
    func later() {
        let sets = Self.categories.compactMap(UnicodeCategories.set(named:))
        let known = sets.reduce(ScalarSet.none) { $0.union($1) }
        let scalars = (0 ... 0x1_FFFF as ClosedRange<UInt32>).compactMap(Unicode.Scalar.init)
        #expect(!scalars.contains { known.contains($0.value) && ($0.properties.age?.major ?? 0) > 16 })
        #expect(known.contains(0x1_0D40), "a digit of Unicode 16")
        #expect(!known.contains(0x378), "never assigned")
    }
}
