internal import Hummingbird
internal import JSON
internal import Records

/// Reads the query of a URL: which part of a list is asked for, and what else several endpoints read.
enum ListQuery {
    /// Most items in one list.
    static let limitMax = 100
    /// What `starting_after` may be.
    static let eventNumbers = 0 ... Int(Int32.max)

    /// - Parameter newestFirst: the order of a request that names none.
    static func page(_ query: Parameters, newestFirst: Bool = true) throws -> PageRequest<String> {
        var page = PageRequest<String>(newestFirst: newestFirst)
        if let limit = try integer("limit", query, in: 1 ... limitMax) { page.limit = limit }
        page.after = query["after"].map { String($0) }
        switch query["order"] {
        case nil: break
        case "desc": page.newestFirst = true
        case "asc": page.newestFirst = false
        case let other?:
            let message = "Invalid 'order': expected 'asc' or 'desc', but got '\(String(other).echoed)' instead."
            throw APIError.invalid("order", message, code: "invalid_value")
        }
        return page
    }

    static func integer(_ name: String, _ query: Parameters, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = query[name[...]] else { return nil }
        let json = try? JSONReader.read(Array(text.utf8))
        guard case .number? = json, let json else { return try JSONValue.string(String(text)).integer(name, in: range) }
        return try json.integer(name, in: range)
    }

    /// `stream`: whether the events are asked for, in place of the whole.
    static func stream(_ query: Parameters) throws -> Bool {
        switch query["stream"] {
        case nil, "false", "False", "0": return false
        case "true", "True", "1": return true
        case let other?:
            let message = "Invalid 'stream': expected 'true' or 'false', but got '\(String(other).echoed)' instead."
            throw APIError.invalid("stream", message, code: "invalid_value")
        }
    }
}

extension Page {
    /// As OpenAI's lists are.
    ///
    /// - Parameters:
    ///   - id: of an element.
    ///   - element: spells one of them.
    func json(id: (Element) -> String, _ element: (Element) throws -> JSONValue) rethrows -> JSONValue {
        [
            "object": "list", "data": .array(try elements.map(element)),
            "first_id": .text(elements.first.map(id)), "last_id": .text(elements.last.map(id)),
            "has_more": .bool(hasMore),
        ]
    }
}

extension Page<StoredItem> {
    /// - Parameter item: spells one of them.
    func json(_ item: (StoredItem) throws -> JSONValue = { try ResponseBook.json($0.body) }) throws -> JSONValue {
        try json(id: \.id, item)
    }
}
