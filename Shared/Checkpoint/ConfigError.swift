/// Why a model's configuration cannot be used: the file, the field, what is needed and what is there.
package struct ConfigError: Error, Equatable, CustomStringConvertible {
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
    package let file: String
    package let field: String?
    package let reason: Reason

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
