internal import JSON
internal import Tensors
internal import Tokenizer

/// A text of a request as it came: as text, or as token ids.
enum PromptSource: Sendable {
    case text(String)
    case ids([Int32])

    /// A string, token ids, or an array of either; none of them is empty.
    ///
    /// - Parameters:
    ///   - name: what the client calls it.
    ///   - countMax: most strings or lists of token ids.
    static func read(
        _ value: JSONValue, _ name: String, countMax: Int, vocabularySize: Int
    ) throws(APIError) -> [PromptSource] {
        switch value {
        case .string(let text): return [try self.text(text, name)]
        case .array(let elements):
            guard let first = elements.first else { throw .emptyPrompt(name) }
            if case .number = first { return [try ids(elements, name, of: name, vocabularySize)] }
            guard elements.count <= countMax else {
                let message =
                    """
                    Invalid '\(name)': array too long. Expected at most \(countMax) \(name)s, but got \
                    \(elements.count) instead.
                    """
                throw .invalid(name, message, code: "array_above_max_length")
            }
            var sources: [PromptSource] = []
            for (index, element) in elements.enumerated() {
                sources.append(try self.element(element, "\(name)[\(index)]", of: name, vocabularySize))
            }
            return sources
        default: throw .wrongType(name, expected: "a string or an array", found: value)
        }
    }

    private static func element(
        _ value: JSONValue, _ name: String, of whole: String, _ vocabularySize: Int
    ) throws(APIError) -> PromptSource {
        switch value {
        case .string(let string): return try text(string, whole)
        case .array(let inner): return try ids(inner, name, of: whole, vocabularySize)
        default:
            throw APIError.wrongType(name, expected: "a string or an array of token ids", found: value).blaming(whole)
        }
    }

    private static func text(_ text: String, _ name: String) throws(APIError) -> PromptSource {
        guard !text.isEmpty else { throw .emptyPrompt(name) }
        return .text(text)
    }

    private static func ids(
        _ elements: [JSONValue], _ name: String, of whole: String, _ vocabularySize: Int
    ) throws(APIError) -> PromptSource {
        guard !elements.isEmpty else { throw .emptyPrompt(whole) }
        return .ids(try elements.tokenIDs(name, of: whole, vocabularySize: vocabularySize))
    }
}

extension [JSONValue] {
    /// Token ids below `vocabularySize`.
    ///
    /// - Parameters:
    ///   - name: what the client calls the list.
    ///   - whole: the parameter that it belongs to.
    func tokenIDs(_ name: String, of whole: String, vocabularySize: Int) throws(APIError) -> [Int32] {
        var ids: [Int32] = []
        ids.reserveCapacity(count)
        for (index, element) in enumerated() {
            // The name is only spelled out on the way to an error: a prompt may have a million ids.
            if case .number(let digits) = element, let id = Int32(digits), id >= 0, Int(id) < vocabularySize {
                ids.append(id)
            } else {
                do {
                    ids.append(Int32(try element.integer("\(name)[\(index)]", in: 0 ... vocabularySize - 1)))
                } catch {
                    throw error.blaming(whole)
                }
            }
        }
        return ids
    }
}

extension APIError {
    static func emptyPrompt(_ name: String) -> APIError {
        .invalid(name, "Invalid '\(name)': expected at least one token.", code: "empty_prompt")
    }
}
