/// Why a template could not be read or rendered, with the place.
package struct TemplateError: Error, Equatable, CustomStringConvertible {
    /// Who has to do something about an error.
    package enum Kind: Equatable, Sendable {
        /// The template's text is not Jinja, or uses what we do not have.
        case syntax
        /// The template itself refused, by `raise_exception`; its words are meant for the client.
        case raised
        /// Rendering failed, as it would in Python.
        case failed
        /// Rendering would take more steps, text or depth than it may.
        case limit
        /// Nobody wants the result.
        case cancelled
    }
    /// What went wrong.
    package let kind: Kind
    /// The template's name.
    package let template: String
    /// The line of the template, from 1.
    package let line: Int
    /// What was expected and found; of `.raised`, the template's own words.
    package let problem: String

    /// The sentence for logs and clients, which begins with the place.
    package var description: String { "\(template), line \(line): \(problem)" }
}

/// An error before its place is known.
struct Problem: Error {
    let kind: TemplateError.Kind
    let text: String

    static func failed(_ text: String) -> Problem { Problem(kind: .failed, text: text) }
    static func limit(_ text: String) -> Problem { Problem(kind: .limit, text: text) }
}
