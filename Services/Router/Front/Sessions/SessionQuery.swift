internal import Hummingbird
internal import JSON
internal import Records

/// Reads the query of a URL of sessions. Names nobody asks for are ignored, as parameters of a body are.
enum SessionQuery {
    static func page(_ query: Parameters) throws -> PageRequest<SessionID> {
        let page = try ListQuery.page(query)
        let after = try page.after.map { text in
            guard let id = SessionID(text) else { throw unknownPage(text) }
            return id
        }
        return PageRequest<SessionID>(limit: page.limit, after: after, newestFirst: page.newestFirst)
    }

    /// What is refused where `after` names no session.
    static func unknownPage(_ id: String) -> APIError { APIError(SessionRefusal.unknown(id)).blaming("after") }

    /// `include=token_ids,text`
    static func details(_ query: Parameters) throws(APIError) -> Set<SessionJSON.Detail> {
        var details: Set<SessionJSON.Detail> = []
        for name in (query["include"] ?? "").split(separator: ",") {
            guard let detail = SessionJSON.Detail(rawValue: String(name)) else {
                let known = SessionJSON.Detail.allCases.map { "'\($0.rawValue)'" }.joined(separator: " or ")
                let message = "Invalid 'include': expected \(known), but got '\(String(name).echoed)' instead."
                throw .invalid("include", message, code: "invalid_value")
            }
            details.insert(detail)
        }
        return details
    }
}
