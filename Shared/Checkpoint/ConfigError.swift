/// Why a model's configuration cannot be used: the file, the field, what is needed and what is there.
package struct ConfigError: Error, Equatable, CustomStringConvertible {
    /// What is wrong; values, needs and causes are already worded for a message.
    package enum Reason: Equatable, Sendable {
        case unreadable(String)
        case notJSON(String)
        case missing
        case type(expected: String, found: String)
        case value(needs: String, found: String)
        /// Two fields that mean the same thing differ.
        case contradicts(field: String, values: String)
        /// A model of this family with a part that is not implemented.
        case unsupported(String)
        /// Another model altogether.
        case foreign(String)
    }
    /// Name of the file as messages give it, such as "config.json" or "generation_config.json".
    package let file: String
    /// Path of the field, such as "text_config.head_dim"; nil: the error is of the file as a whole.
    package let field: String?
    /// What is wrong with the field, or with the file where there is none.
    package let reason: Reason

    /// The message for people: the file, the field and what is wrong.
    package var description: String {
        let place = field.map { "\(file): \($0)" } ?? file
        return switch reason {
        case .unreadable(let why): "\(place) cannot be read: \(why)"
        case .notJSON(let why): "\(place): \(why)"
        case .missing: "\(place) is missing"
        case .type(let expected, let found): "\(place) must be \(expected), found \(found)"
        case .value(let needs, let found): "\(place) must be \(needs), found \(found)"
        case .contradicts(let other, let values): "\(place) and \(other) disagree: \(values)"
        case .unsupported(let why): "\(place) is not supported: \(why)"
        case .foreign(let why): "\(place): this is not a MiniMax-01 model: \(why)"
        }
    }
}
