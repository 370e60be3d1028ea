internal import Console

/// The keys that let clients in. No error ever holds one.
struct APIKeys: Sendable, Equatable {
    struct Key: Sendable, Equatable {
        let secret: String
        /// What logs may call it; nil: it has no name.
        var name: String?
    }

    private(set) var keys: [Key] = []

    /// Reads a list with commas, as `--api-keys` gives it.
    init(list: String) throws(StartError) {
        let secrets = listItems(list)
        for (index, secret) in secrets.enumerated() {
            try add(Key(secret: secret), "--api-keys", "at place \(index + 1) of \(secrets.count)")
        }
    }

    /// Reads the text of a file: a line is a key, or a name and a key. Empty lines, and those that begin with `#`, are
    /// none.
    ///
    /// - Parameter place: what errors call the file.
    init(lines text: String, place: String) throws(StartError) {
        // Some editors begin a file with a byte order mark.
        let text = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            guard words.count <= 2 else {
                throw StartError(
                    "\(place), line \(index + 1): found \(words.count) words, expected a key, or a name and a key")
            }
            let key = Key(secret: words[words.count - 1], name: words.count == 2 ? first : nil)
            if let name = key.name, keys.contains(where: { $0.name == name }) {
                throw StartError("\(place), line \(index + 1): the name \(name.prefix(100)) is given twice")
            }
            try add(key, place, "in line \(index + 1)")
        }
        guard !keys.isEmpty else { throw StartError("\(place) has no key, which would let everyone in") }
    }

    /// An empty key would let nobody in, or everybody; a key given twice would have two shares; a control character no
    /// client can send.
    private mutating func add(_ key: Key, _ source: String, _ position: String) throws(StartError) {
        guard !key.secret.isEmpty else { throw StartError("\(source) has an empty key \(position)") }
        guard !keys.contains(where: { $0.secret == key.secret }) else {
            throw StartError("\(source) has the same key \(position) as before")
        }
        guard key.secret.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
            throw StartError("\(source) has a key with a control character \(position)")
        }
        keys.append(key)
    }
}
