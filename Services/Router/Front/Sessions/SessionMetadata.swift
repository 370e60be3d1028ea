internal import JSON

/// Reads `metadata`: a client's own notes, within the limits of OpenAI's API.
enum SessionMetadata {
    static let pairsMax = 16
    static let keyLengthMax = 64
    static let valueLengthMax = 512

    static func read(_ fields: RequestFields) throws(APIError) -> [String: String] {
        guard let value = fields.value("metadata") else { return [:] }
        guard case .object(let members) = value else {
            throw .wrongType("metadata", expected: "an object", found: value)
        }
        var metadata: [String: String] = [:]
        for member in members {
            let name = "metadata.\(member.name.echoed)"
            guard case .string(let text) = member.value else {
                throw APIError.wrongType(name, expected: "a string", found: member.value).blaming("metadata")
            }
            try check(member.name.unicodeScalars.count, "characters in the name of '\(name)'", most: keyLengthMax)
            try check(text.unicodeScalars.count, "characters in '\(name)'", most: valueLengthMax)
            metadata[member.name] = text
        }
        try check(metadata.count, "pairs", most: pairsMax)
        return metadata
    }

    private static func check(_ count: Int, _ what: String, most: Int) throws(APIError) {
        guard count > most else { return }
        throw .invalid(
            "metadata", "Invalid 'metadata': expected at most \(most) \(what), but got \(count) instead.",
            code: "metadata_too_large")
    }
}
