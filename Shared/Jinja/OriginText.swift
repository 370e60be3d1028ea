/// Where a piece of text comes from. Only template text may become special tokens.
package enum TextOrigin: Equatable, Sendable {
    /// Literal text of the template, and what the operator gives, such as `bos_token`.
    case template
    /// What a client sent, and all that was made out of it.
    case content

    var other: TextOrigin { self == .template ? .content : .template }
}

/// Text whose pieces know their origin. It is kept as UTF-8, so it compares byte by byte, as Python compares strings.
package struct OriginText: Sendable {
    /// Valid UTF-8.
    private(set) var bytes: [UInt8]
    /// The origin of the first piece. Origins alternate at each border.
    private var first: TextOrigin
    /// The byte offsets at which the origin changes: rising, above 0 and below the length.
    private var borders: [Int]

    /// Takes text of a single origin.
    package init(_ text: String, _ origin: TextOrigin) {
        self.init(bytes: Array(text.utf8), origin)
    }

    init(bytes: [UInt8], _ origin: TextOrigin) {
        self.bytes = bytes
        first = origin
        borders = []
    }

    private init(bytes: [UInt8], first: TextOrigin, borders: [Int]) {
        self.bytes = bytes
        self.first = first
        self.borders = borders
    }

    static let empty = OriginText(bytes: [], .template)

    var count: Int { bytes.count }
    var isEmpty: Bool { bytes.isEmpty }

    /// The text without its origins.
    package var string: String { String(decoding: bytes, as: UTF8.self) }

    private var last: TextOrigin { borders.count.isMultiple(of: 2) ? first : first.other }

    /// The origin of what is made out of this text as a whole: content as soon as a byte of it is content.
    var whole: TextOrigin { borders.isEmpty && (first == .template || bytes.isEmpty) ? .template : .content }

    /// Adds the pieces of `right` at the end, each with its own origin.
    package static func += (left: inout OriginText, right: OriginText) { left.append(right) }

    mutating func append(_ other: OriginText) {
        if other.bytes.isEmpty { return }
        if bytes.isEmpty {
            self = other
            return
        }
        if last != other.first { borders.append(bytes.count) }
        for border in other.borders { borders.append(border + bytes.count) }
        bytes.append(contentsOf: other.bytes)
    }

    mutating func append(_ text: StaticString, _ origin: TextOrigin) {
        append(OriginText(bytes: Array("\(text)".utf8), origin))
    }

    /// A part of the text, by byte offsets that do not cut a character.
    func slice(_ range: Range<Int>) -> OriginText {
        if range.isEmpty { return .empty }
        if range == 0 ..< bytes.count { return self }
        if borders.isEmpty { return OriginText(bytes: Array(bytes[range]), first) }
        let before = borders.partitionPoint { $0 > range.lowerBound }
        let end = borders.partitionPoint { $0 >= range.upperBound }
        return OriginText(
            bytes: Array(bytes[range]), first: before.isMultiple(of: 2) ? first : first.other,
            borders: borders[before ..< max(before, end)].map { $0 - range.lowerBound })
    }

    /// The text in pieces of a single origin each, in their order.
    var runs: [(range: Range<Int>, origin: TextOrigin)] {
        var runs: [(range: Range<Int>, origin: TextOrigin)] = []
        var start = 0
        var origin = first
        for border in borders + [bytes.count] where border > start {
            runs.append((start ..< border, origin))
            start = border
            origin = origin.other
        }
        return runs
    }

    /// Each piece changed for itself, keeping its origin.
    func mapRuns(_ change: (ArraySlice<UInt8>) -> [UInt8]) -> OriginText {
        var result = OriginText.empty
        for run in runs { result.append(OriginText(bytes: change(bytes[run.range]), run.origin)) }
        return result
    }

    /// Each character replaced for itself, keeping its origin.
    func mapScalars(_ change: (Unicode.Scalar) -> String) -> OriginText {
        mapRuns { piece in
            var changed: [UInt8] = []
            changed.reserveCapacity(piece.count)
            for scalar in String(decoding: piece, as: UTF8.self).unicodeScalars {
                changed.append(contentsOf: change(scalar).utf8)
            }
            return changed
        }
    }
}

extension OriginText: Hashable {
    package static func == (left: OriginText, right: OriginText) -> Bool { left.bytes == right.bytes }
    package func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}

// Positions of characters; one is a Unicode scalar, as in Python.
extension OriginText {
    private static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }

    /// How many characters the text has.
    var length: Int {
        var length = 0
        for byte in bytes where !Self.isContinuation(byte) { length += 1 }
        return length
    }

    /// The byte offset of the character after the one that begins at an offset.
    func offset(after offset: Int) -> Int {
        var next = offset + 1
        while next < bytes.count, Self.isContinuation(bytes[next]) { next += 1 }
        return next
    }

    /// The byte offset of the character before an offset.
    func offset(before offset: Int) -> Int {
        var previous = offset - 1
        while previous > 0, Self.isContinuation(bytes[previous]) { previous -= 1 }
        return previous
    }

    /// The byte offset of the character with an index from 0; the length where there are fewer.
    func offset(of index: Int) -> Int {
        var offset = 0
        var left = index
        while left > 0, offset < bytes.count {
            offset = self.offset(after: offset)
            left -= 1
        }
        return offset
    }

    /// How many characters lie before a byte offset.
    func index(of offset: Int) -> Int {
        var index = 0
        for byte in bytes[..<offset] where !Self.isContinuation(byte) { index += 1 }
        return index
    }

    /// The character that begins at a byte offset.
    func scalar(at offset: Int) -> Unicode.Scalar {
        let end = self.offset(after: offset)
        return String(decoding: bytes[offset ..< end], as: UTF8.self).unicodeScalars.first ?? "\u{FFFD}"
    }

    /// Each character as a text of its own.
    var characters: [OriginText] {
        var characters: [OriginText] = []
        var offset = 0
        while offset < bytes.count {
            let next = self.offset(after: offset)
            characters.append(slice(offset ..< next))
            offset = next
        }
        return characters
    }

    /// The byte offset at which another text first stands, from an offset on.
    func find(_ needle: OriginText, from start: Int = 0, to end: Int? = nil) -> Int? {
        let end = end ?? bytes.count
        guard !needle.isEmpty else { return start <= end ? start : nil }
        guard end - start >= needle.count else { return nil }
        return needle.count <= 32
            ? findShort(needle.bytes, start, end - needle.count) : findLong(needle.bytes, start, end)
    }

    private func findShort(_ needle: [UInt8], _ start: Int, _ lastStart: Int) -> Int? {
        let head = needle[0]
        var offset = start
        while offset <= lastStart {
            if bytes[offset] == head, bytes[offset ..< offset + needle.count].elementsEqual(needle) { return offset }
            offset += 1
        }
        return nil
    }

    /// The algorithm of Knuth, Morris and Pratt, which looks at each byte of the text twice at most, however often the
    /// needle almost stands in it.
    private func findLong(_ needle: [UInt8], _ start: Int, _ end: Int) -> Int? {
        // How long a beginning of the needle ends at each of its places, the needle itself left out.
        var fallbacks = [0]
        var matched = 0
        for place in 1 ..< needle.count {
            while matched > 0, needle[place] != needle[matched] { matched = fallbacks[matched - 1] }
            if needle[place] == needle[matched] { matched += 1 }
            fallbacks.append(matched)
        }
        matched = 0
        for offset in start ..< end {
            while matched > 0, bytes[offset] != needle[matched] { matched = fallbacks[matched - 1] }
            if bytes[offset] == needle[matched] { matched += 1 }
            if matched == needle.count { return offset + 1 - matched }
        }
        return nil
    }

    /// The byte offset at which another text last stands.
    func findLast(_ needle: OriginText, from start: Int = 0, to end: Int? = nil) -> Int? {
        var offset = (end ?? bytes.count) - needle.count
        while offset >= start {
            if bytes[offset ..< offset + needle.count].elementsEqual(needle.bytes) { return offset }
            offset -= 1
        }
        return nil
    }

    func hasPrefix(_ other: OriginText) -> Bool { bytes.starts(with: other.bytes) }
    func hasSuffix(_ other: OriginText) -> Bool {
        count >= other.count && bytes[(count - other.count)...].elementsEqual(other.bytes)
    }
}

extension Array {
    /// The first index whose element satisfies a condition that, once true, stays true.
    func partitionPoint(_ isBehind: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = low + (high - low) / 2
            if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
