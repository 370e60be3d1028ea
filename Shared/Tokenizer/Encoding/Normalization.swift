/// Unicode normalization form C, as Hugging Face's tokenizers compute it: by Unicode 9, to which later scalars are
/// unknown.
///
/// Foundation's form C of Swift 6.3 is not used because it is wrong in places: U+20067 U+0306 becomes U+011F, and
/// U+1112 U+1176, which are not a Hangul syllable, become U+D7A4.
///
/// - Source: the Unicode Standard, sections 3.11 and 3.12.
enum Normalization {
    private static let versionMax = 9

    /// The form C of valid UTF-8.
    static func nfc(_ text: [UInt8]) -> [UInt8] {
        // Nothing below U+0300, whose first byte is 0xCC, ever changes.
        guard text.contains(where: { $0 >= 0xCC }) else { return text }
        var scalars: [UInt32] = []
        scalars.reserveCapacity(text.count)
        for scalar in String(decoding: text, as: UTF8.self).unicodeScalars { decompose(scalar.value, into: &scalars) }
        var classes = scalars.map(combiningClass)
        order(&scalars, &classes)
        var view = String.UnicodeScalarView()
        for value in composed(scalars, classes) { view.append(Unicode.Scalar(value) ?? "\u{FFFD}") }
        return Array(String(view).utf8)
    }

    private static func decompose(_ scalar: UInt32, into result: inout [UInt32]) {
        if scalar < 0xC0 { return result.append(scalar) }
        if Hangul.syllables.contains(scalar) { return result.append(contentsOf: Hangul.parts(of: scalar)) }
        guard let parts = Table.decompositions[scalar] else { return result.append(scalar) }
        for part in parts { decompose(part, into: &result) }
    }

    /// 0 for starters, which marks never move across.
    private static func combiningClass(_ value: UInt32) -> UInt8 {
        guard value >= 0x300, let scalar = Unicode.Scalar(value) else { return 0 }
        let combiningClass = scalar.properties.canonicalCombiningClass.rawValue
        return combiningClass == 0 || scalar.properties.age?.major ?? .max > versionMax ? 0 : combiningClass
    }

    /// Sorts each run of marks by class; marks of one class keep their order.
    private static func order(_ scalars: inout [UInt32], _ classes: inout [UInt8]) {
        var start = 0
        while start < scalars.count {
            var end = start
            while end < scalars.count, classes[end] > 0 { end += 1 }
            if end - start > 1 {
                let sorted = (start ..< end).sorted { (classes[$0], $0) < (classes[$1], $1) }
                let marks = sorted.map { (scalars[$0], classes[$0]) }
                for (offset, mark) in marks.enumerated() { (scalars[start + offset], classes[start + offset]) = mark }
            }
            start = end + 1
        }
    }

    /// Joins each starter with what follows, unless something of the same or a higher class stands between.
    private static func composed(_ scalars: [UInt32], _ classes: [UInt8]) -> [UInt32] {
        var result: [UInt32] = []
        result.reserveCapacity(scalars.count)
        var starter: Int?
        var lastClass = -1        // of what stands between; -1 if nothing does
        for (scalar, combiningClass) in zip(scalars, classes) {
            if let starter, lastClass < Int(combiningClass), let joined = pair(result[starter], scalar) {
                result[starter] = joined
                continue
            }
            if combiningClass == 0 { starter = result.count }
            lastClass = combiningClass == 0 ? -1 : Int(combiningClass)
            result.append(scalar)
        }
        return result
    }

    private static func pair(_ first: UInt32, _ second: UInt32) -> UInt32? {
        if second < 0x300 { return nil }
        return Hangul.pair(first, second) ?? Table.compositions[UInt64(first) << 32 | UInt64(second)]
    }

    private enum Table {
        static let decompositions: [UInt32: [UInt32]] = Dictionary(
            uniqueKeysWithValues: entries.map { ($0.scalar, $0.parts) })
        static let compositions: [UInt64: UInt32] = Dictionary(
            uniqueKeysWithValues: entries.filter(\.joins).map {
                (UInt64($0.parts[0]) << 32 | UInt64($0.parts[1]), $0.scalar)
            })

        private static let entries: [(scalar: UInt32, parts: [UInt32], joins: Bool)] =
            canonicalDecompositions.split(whereSeparator: \.isWhitespace).map { entry in
                let numbers = entry.split { "=+-".contains($0) }.compactMap { UInt32($0, radix: 16) }
                return (numbers[0], Array(numbers[1...]), entry.contains("+"))
            }
    }
}

/// Hangul syllables, whose parts are computed.
private enum Hangul {
    static let syllables: Range<UInt32> = 0xAC00 ..< 0xD7A4
    private static let leads: Range<UInt32> = 0x1100 ..< 0x1113, vowels: Range<UInt32> = 0x1161 ..< 0x1176,
        trails: Range<UInt32> = 0x11A8 ..< 0x11C3
    private static let vowelCount: UInt32 = 21, trailCount: UInt32 = 28

    static func parts(of syllable: UInt32) -> [UInt32] {
        let index = syllable - syllables.lowerBound
        let trail = index % trailCount
        let pair = [
            leads.lowerBound + index / (vowelCount * trailCount), vowels.lowerBound + index / trailCount % vowelCount,
        ]
        return trail == 0 ? pair : pair + [trails.lowerBound + trail - 1]
    }

    static func pair(_ first: UInt32, _ second: UInt32) -> UInt32? {
        if leads.contains(first), vowels.contains(second) {
            return syllables.lowerBound + ((first - leads.lowerBound) * vowelCount + second - vowels.lowerBound)
                * trailCount
        }
        guard syllables.contains(first), (first - syllables.lowerBound) % trailCount == 0, trails.contains(second)
        else { return nil }
        return first + second - trails.lowerBound + 1
    }
}
