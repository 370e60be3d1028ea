/// Beginnings of words, each with the space before it, "Ġ" in the byte alphabet.
enum Words {
    /// Every beginning once, none before its own beginnings: of common words first, then of made-up ones, without end.
    static var prefixes: some Sequence<String> {
        let common = commonPrefixes
        let known = Set(common)
        return [AnySequence(common), AnySequence(MadeUpWords().lazy.filter { !known.contains($0) })].joined()
    }

    private static var commonPrefixes: [String] {
        var seen: Set<String> = [], result: [String] = []
        for word in common.split(whereSeparator: \.isWhitespace) {
            for length in 1 ... word.count {
                let prefix = "Ġ\(word.prefix(length))"
                if seen.insert(prefix).inserted { result.append(prefix) }
            }
        }
        return result
    }

    private static let common = """
        the of and to in is that it was for on are as with his they at be this from have or by one had not but what all
        were when we there can an your which their said if do will each about how up out them then she many some so
        these would other into has more her two like him see time could no make than first been its who now people my
        made over did down only way find use may water long little very after words called just where most know get
        through back much before go good new write our used me man too any day same right look think also around another
        came come work three word must because does part even place well such here take why things help put years
        different away again off went old number great tell men say small every found still between name should home big
        give air line set own under read last never us left end along while might next sound below saw something thought
        both few those always looked show large often together asked house world going want school important until form
        food keep children
        """
}

/// "Ġa", "Ġb", … "Ġz", "Ġab", "Ġac", …: consonants and vowels take turns; shorter words come first.
private struct MadeUpWords: Sequence, IteratorProtocol {
    private var words = [""]        // of the length before
    private var longer: [String] = []
    private var place = 0
    private var pending: ArraySlice<String> = []

    mutating func next() -> String? {
        while pending.isEmpty {
            if place == words.count { (words, longer, place) = (longer, [], 0) }
            let word = words[place]
            place += 1
            let letters =
                word.last.map { Self.vowels.contains($0) ? Self.consonants : Self.vowels }
                ?? Self.vowels + Self.consonants
            let extended = letters.map { word + String($0) }
            longer += extended
            pending = extended[...]
        }
        return pending.popFirst().map { "Ġ\($0)" }
    }

    private static let vowels = Array("aeiou")
    private static let consonants = Array("bcdfghjklmnpqrstvwxyz")
}
