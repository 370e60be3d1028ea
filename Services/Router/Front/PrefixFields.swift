internal import JSON

/// What a request says of prefixes that were computed before.
struct PrefixFields: Sendable {
    /// Only requests with equal salts share prefixes; vLLM's `cache_salt`.
    var salt: String?
    /// Whether the request may go on from a kept state; llama.cpp's `cache_prompt`.
    var reuses: Bool

    init(_ fields: RequestFields) throws(APIError) {
        salt = try Self.salt(fields)
        reuses = try fields.bool("cache_prompt", default: true)
        // OpenAI's hint at requests that begin alike. Here a request finds whatever begins like it without a hint.
        _ = try fields.string("prompt_cache_key")
    }

    /// Refused as vLLM refuses it: a client that means to be alone must not share by mistake.
    private static func salt(_ fields: RequestFields) throws(APIError) -> String? {
        guard let value = fields.value("cache_salt") else { return nil }
        guard case .string(let salt) = value, !salt.isEmpty else {
            throw .invalid(
                "cache_salt", "Parameter 'cache_salt' must be a non-empty string if provided.", code: "invalid_value")
        }
        return salt
    }
}
