internal import Console
internal import TerminalOutput

/// What is known of one process of a starting cluster.
struct ProcessRow: Sendable, Equatable {
    enum State: Sendable, Equatable {
        case starting
        case loading(message: String, fraction: Double)
        case ready(seconds: Double)
        case ended(String)
    }
    let name: String
    var state = State.starting
    /// Bytes of memory that the process has for itself.
    var ownBytes = 0
    /// Bytes of memory that it shares with the files it maps.
    var mappedBytes = 0
}

/// The state of a starting cluster as lines of text: no terminal in here.
struct StartView: Sendable {
    var width: Int
    var colours: Bool

    /// One line per process, none wider than `width`.
    func lines(_ rows: [ProcessRow]) -> [String] {
        let nameWidth = rows.map(\.name.count).max() ?? 0
        return rows.map { line($0, nameWidth: nameWidth) }
    }

    private func line(_ row: ProcessRow, nameWidth: Int) -> String {
        let (word, colour, detail) = parts(row.state)
        let memory = row.ownBytes == 0 ? "" : "  " + memoryText(row)
        let plain = "  \(padded(row.name, nameWidth))  \(padded(word, 8))\(padded(detail, 28))\(memory)"
        let cut = String(plain.prefix(max(width - 1, 1)))
        guard colours, let range = cut.range(of: word, after: nameWidth + 4) else { return trimmed(cut) }
        let coloured = "\u{1B}[\(colour)m\(cut[range])\u{1B}[0m"
        return trimmed(cut[..<range.lowerBound] + coloured + cut[range.upperBound...])
    }

    /// What a log is told: only what has changed, never a control sequence.
    static func change(from old: ProcessRow, to new: ProcessRow) -> String? {
        switch (old.state, new.state) {
        case (.loading(let before, _), .loading(let now, _)) where before == now: return nil
        case (let before, let now) where before == now: return nil
        case (_, .starting): return nil
        case (_, .loading(let message, _)): return "\(new.name): \(shown(message))"
        case (_, .ready(let seconds)): return "\(new.name): ready after \(oneDecimal(seconds)) s"
        case (_, .ended(let how)): return "\(new.name): \(shown(how))"
        }
    }

    private func parts(_ state: ProcessRow.State) -> (word: String, colour: Int, detail: String) {
        switch state {
        case .starting: ("starting", 33, "")
        case .loading(let message, let fraction): ("loading", 33, " \(percent(fraction))  \(shown(message))")
        case .ready(let seconds): ("ready", 32, " \(oneDecimal(seconds)) s")
        case .ended(let how): ("ended", 31, " \(shown(how))")
        }
    }

    private func memoryText(_ row: ProcessRow) -> String {
        let own = padded("\((row.ownBytes + 524_288) >> 20)", 5, right: true) + " MB"
        return row.mappedBytes == 0 ? own : "\(own) + \((row.mappedBytes + 524_288) >> 20) MB mapped"
    }

    private func percent(_ fraction: Double) -> String {
        let share = min(max(fraction.isFinite ? fraction : 0, 0), 1)
        return padded("\(Int((share * 100).rounded(.down)))", 3, right: true) + " %"
    }

    private func padded(_ text: String, _ width: Int, right: Bool = false) -> String {
        let space = String(repeating: " ", count: max(0, width - text.count))
        return right ? space + text : text + space
    }

    private func trimmed(_ text: some StringProtocol) -> String {
        var result = String(text)
        while result.last == " " { result.removeLast() }
        return result
    }
}

extension String {
    /// Where `word` begins, `offset` characters in or later.
    fileprivate func range(of word: String, after offset: Int) -> Range<Index>? {
        guard let start = index(startIndex, offsetBy: offset, limitedBy: endIndex) else { return nil }
        guard self[start...].hasPrefix(word) else { return nil }
        return start ..< index(start, offsetBy: word.count)
    }
}
