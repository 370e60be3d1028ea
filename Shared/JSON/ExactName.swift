/// The name of an object's member, which is the same as another when its bytes are (RFC 8259, section 8.3). Swift
/// strings are already equal when they are canonically equivalent, and finding that out costs far more than comparing
/// bytes.
package struct ExactName: Hashable, Sendable {
    /// Without quotes and escapes.
    package let text: String

    /// Takes the name without quotes and escapes.
    package init(_ text: String) { self.text = text }

    /// Whether both names have the same UTF-8 bytes.
    package static func == (one: ExactName, other: ExactName) -> Bool { one.text.hasBytes(of: other.text) }

    /// Hashes the UTF-8 bytes of the name.
    package func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { bytes in unsafe hasher.combine(bytes: UnsafeRawBufferPointer(bytes)) }
    }
}

extension String {
    /// Whether both are the same bytes. Swift's own comparison also takes texts for equal that look alike.
    package func hasBytes(of other: String) -> Bool { utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8) }
}
