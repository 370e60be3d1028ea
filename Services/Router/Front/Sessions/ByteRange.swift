/// Which bytes of a file a request asks for (RFC 9110, section 14).
enum ByteRange: Sendable, Equatable {
    case whole
    case part(Range<Int>)
    /// None of the bytes that are asked for exist.
    case unsatisfiable

    /// A range that is none, of another unit, or of several parts is ignored, as the RFC allows; then it is the whole.
    ///
    /// - Parameters:
    ///   - range: the `Range` of the request.
    ///   - condition: its `If-Range`: the range counts only if that is the file's tag. A date is not, since files have
    ///     none here.
    ///   - tag: the file's `ETag`.
    ///   - byteCount: of the file.
    init(_ range: String?, if condition: String?, tag: String, of byteCount: Int) {
        guard let range, condition.map({ Self.trimmed($0) == tag }) ?? true, let wish = Self.wish(range) else {
            self = .whole
            return
        }
        switch wish {
        case .last(let count):
            let start = byteCount - min(count, byteCount)
            self = start < byteCount ? .part(start ..< byteCount) : .unsatisfiable
        case .from(let first, let last):
            self = first < byteCount ? .part(first ..< min(last, byteCount - 1) + 1) : .unsatisfiable
        }
    }

    private enum Wish { case from(Int, through: Int), last(Int) }

    /// `bytes=0-99`, `bytes=100-` or `bytes=-100`; nil for everything else.
    private static func wish(_ text: String) -> Wish? {
        let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard sides.count == 2, trimmed(sides[0]).lowercased() == "bytes" else { return nil }
        let ends = trimmed(sides[1]).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2 else { return nil }
        switch (ends[0].isEmpty, ends[1].isEmpty) {
        case (true, true): return nil
        case (true, false): return number(ends[1]).map { .last($0) }
        case (false, true): return number(ends[0]).map { .from($0, through: .max - 1) }
        case (false, false):
            guard let first = number(ends[0]), let last = number(ends[1]), first <= last else { return nil }
            return .from(first, through: last)
        }
    }

    /// Digits only; what is too large for a number is larger than any file.
    private static func number(_ digits: Substring) -> Int? {
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30 ... 0x39).contains($0) }) else { return nil }
        return Int(digits).map { min($0, .max - 1) } ?? .max - 1
    }

    private static func trimmed(_ text: some StringProtocol) -> Substring {
        let blanks: Set<Character> = [" ", "\t"]
        let rest = Substring(text).drop { blanks.contains($0) }
        return rest.lastIndex { !blanks.contains($0) }.map { rest[...$0] } ?? ""
    }
}
