internal import Hummingbird
internal import JSON
internal import Records

/// Reads the query of a URL of sessions. Names nobody asks for are ignored, as parameters of a body are.
enum SessionQuery {
    /// Most sessions in one list.
    static let limitMax = 100

    static func page(_ query: Parameters) throws -> SessionPage.Request {
        var page = SessionPage.Request()
        if let text = query["limit"] {
            let value: JSONValue = Double(text) == nil ? .string(String(text)) : .number(String(text))
            page.limit = try value.integer("limit", in: 1 ... limitMax)
        }
        if let text = query["after"] {
            guard let id = SessionID(String(text)) else { throw unknownPage(String(text)) }
            page.after = id
        }
        switch query["order"] {
        case nil, "desc": page.newestFirst = true
        case "asc": page.newestFirst = false
        case let other?:
            let message = "Invalid 'order': expected 'asc' or 'desc', but got '\(String(other).echoed)' instead."
            throw APIError.invalid("order", message, code: "invalid_value")
        }
        return page
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
