/// The paths of responses, conversations and stored chat completions, to tell an unknown path from a wrong method.
enum ResponseEndpoints {
    static let responses = "/v1/responses"
    static let inputTokens = "/v1/responses/input_tokens"
    static let conversations = "/v1/conversations"

    /// What a path knows, as `Allow` spells it; nil: nothing is there.
    static func methods(_ path: String) -> String? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst(3)
        guard parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        if path == responses || path == conversations || path == inputTokens { return "POST, OPTIONS" }
        if path.hasPrefix(responses + "/") {
            switch (parts.count, parts.last) {
            case (1, _): return "GET, HEAD, DELETE, OPTIONS"
            case (2, "input_items"): return "GET, HEAD, OPTIONS"
            case (2, "cancel"): return "POST, OPTIONS"
            default: return nil
            }
        }
        if path.hasPrefix(Endpoints.chat + "/") {
            switch (parts.count, parts.last) {        // the first one is "completions"
            case (2, _): return "GET, HEAD, POST, DELETE, OPTIONS"
            case (3, "messages"): return "GET, HEAD, OPTIONS"
            default: return nil
            }
        }
        guard path.hasPrefix(conversations + "/") else { return nil }
        switch (parts.count, parts.dropFirst().first) {
        case (1, _): return "GET, HEAD, POST, DELETE, OPTIONS"
        case (2, "items"): return "GET, HEAD, POST, OPTIONS"
        case (3, "items"): return "GET, HEAD, DELETE, OPTIONS"
        default: return nil
        }
    }
}
