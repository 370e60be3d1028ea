/// The names of one object so far. Names are the same when their bytes are (RFC 8259, section 8.3); Swift strings are already
/// equal when they are canonically equivalent.
struct ExactNames {
    private struct Name: Hashable {
        let text: String

        static func == (one: Name, other: Name) -> Bool { one.text.utf8.elementsEqual(other.text.utf8) }

        func hash(into hasher: inout Hasher) {
            var text = text
            text.withUTF8 { bytes in unsafe hasher.combine(bytes: UnsafeRawBufferPointer(bytes)) }
        }
    }
    private var names: Set<Name> = []     // filled only once a linear search would be slow

    /// Whether `name` is none of the names of `members`, each of which was asked for here before it was appended.
    mutating func isNew(_ name: String, after members: [JSONValue.Member]) -> Bool {
        if members.count < 8 { return !members.contains { $0.isNamed(name) } }
        if members.count == 8 { names = Set(members.map { Name(text: $0.name) }) }
        return names.insert(Name(text: name)).inserted
    }
}
