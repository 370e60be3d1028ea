internal import JSON

/// The reference as a page for people. It loads nothing from elsewhere.
struct ReferencePage {
    private let reference: APIReference
    /// Of the named schemas that are bodies of requests, the first endpoint of each.
    private let bodies: [String: String]

    init(_ reference: APIReference) {
        self.reference = reference
        var bodies: [String: String] = [:]
        for endpoint in reference.endpoints {
            for form in endpoint.body?.forms ?? [] {
                if let name = Self.name(form.schema.json), bodies[name] == nil { bodies[name] = endpoint.id }
            }
        }
        self.bodies = bodies
    }

    var html: String {
        let title = "\(APIReference.title): API reference".escaped
        return """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <title>\(title)</title><style>\(Self.style)</style></head><body>
            <h1>\(title)</h1>
            <p>Model <b>\(reference.facts.model.id.escaped)</b> (\(reference.facts.model.family.escaped)), context of \
            \(reference.facts.model.contextLength) tokens. The same for programs: \
            <a href="\(Endpoints.document)">\(Endpoints.document)</a>, in OpenAPI 3.1.</p>
            <p>\(APIReference.about.prose)</p>\(keys)
            \(contents)
            \(DocumentedEndpoint.Group.allCases.map(section).joined(separator: "\n"))
            <h2 id="schemas">Schemas</h2>
            \(reference.schemas.filter { bodies[$0.name] == nil }.map(section).joined(separator: "\n"))
            </body></html>

            """
    }

    private static let style = """
        body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
        table{border-collapse:collapse;width:100%;margin:.5rem 0}
        th,td{border-bottom:1px solid #ddd;padding:.2rem .5rem;text-align:left;vertical-align:top}
        code,pre{font-family:ui-monospace,monospace;font-size:.9em}
        pre{background:#f4f4f4;padding:.6rem;overflow-x:auto}
        h2{margin-top:3rem;border-bottom:2px solid #222}h3{margin-top:2rem}
        """

    private var keys: String {
        guard reference.facts.asksForKeys else { return "" }
        return """
            <p>Requests bring an API key, as <code>Authorization: Bearer KEY</code> or as <code>x-api-key: KEY</code>, \
            where nothing else is said.</p>
            """
    }

    private var contents: String {
        let lines = reference.endpoints.map { endpoint in
            "<tr><td><a href=\"#\(endpoint.id)\"><code>\(endpoint.title.escaped)</code></a></td>"
                + "<td>\(endpoint.summary.prose)</td></tr>"
        }
        return "<table>\(lines.joined(separator: "\n"))</table>"
    }

    // MARK: endpoints

    private func section(_ group: DocumentedEndpoint.Group) -> String {
        let endpoints = reference.endpoints.filter { $0.group == group }
        return "<h2>\(group.rawValue.escaped)</h2>\n" + endpoints.map(section).joined(separator: "\n")
    }

    private func section(_ endpoint: DocumentedEndpoint) -> String {
        let isOpen = reference.facts.asksForKeys && !endpoint.needsKey
        var text = "<h3 id=\"\(endpoint.id)\"><code>\(endpoint.title.escaped)</code></h3>\n"
        text += "<p>\(endpoint.summary.prose) \(endpoint.text.prose)\(isOpen ? " It needs no API key." : "")</p>\n"
        text += "<pre>\(example(of: endpoint).escaped)</pre>\n"
        text += Self.table(
            endpoint.parameters.map { parameter in
                Row(
                    name: parameter.name, schema: parameter.schema.json, isRequired: parameter.place == .path,
                    text: "In the \(parameter.place.rawValue). \(parameter.text)")
            })
        for form in endpoint.body?.forms ?? [] {
            text += body(form.mediaType, form.schema.json, of: endpoint)
        }
        return text + answers(of: endpoint)
    }

    /// The parameters of a body stand with the first endpoint that takes it.
    private func body(_ mediaType: String, _ schema: JSONValue, of endpoint: DocumentedEndpoint) -> String {
        let title = "Body, <code>\(mediaType.escaped)</code>: "
        guard let name = Self.name(schema), let whole = reference.schemas.first(where: { $0.name == name }) else {
            return "<p>\(title)</p>\n" + Self.whole(schema)
        }
        guard bodies[name] == endpoint.id else { return "<p>\(title)\(Self.link(name))</p>\n" }
        return "<p id=\"schema-\(name)\">\(title)\(name)</p>\n" + Self.members(whole.schema.json)
    }

    private func answers(of endpoint: DocumentedEndpoint) -> String {
        var rows = endpoint.answers.map { answer in
            let forms = answer.forms.map { form in
                let isStream = form.mediaType == DocumentedEndpoint.Answer.eventStream
                let data = isStream ? form.schema.json["properties"]?["data"] : nil
                let type = data.map { "events with " + Self.type($0) } ?? Self.type(form.schema.json)
                return "<code>\(form.mediaType.escaped)</code>: \(type)"
            }
            return "<tr><td>\(answer.status)</td><td>\(answer.text.prose)</td>"
                + "<td>\(forms.joined(separator: "<br>"))</td></tr>"
        }
        rows += endpoint.allRefusals(asksForKeys: reference.facts.asksForKeys)
            .filter { status in !endpoint.answers.contains { $0.status == status } }
            .map { status in
                "<tr><td>\(status)</td><td>\(Refusals.text(status).prose)</td>"
                    + "<td>\(Self.link(endpoint.refusalForm))</td></tr>"
            }
        return "<table><tr><th>status</th><th>meaning</th><th>answer</th></tr>\(rows.joined(separator: "\n"))</table>"
    }

    private func example(of endpoint: DocumentedEndpoint) -> String {
        let path = endpoint.path.split(separator: "/", omittingEmptySubsequences: false).map { part in
            part.hasPrefix("{") ? part.dropFirst().dropLast().uppercased() : String(part)
        }.joined(separator: "/")
        var words = ["curl"]
        let body = endpoint.body?.example
        if endpoint.method != .get, endpoint.method != .post || body == nil {
            words.append("-X \(endpoint.method.rawValue)")
        }
        words.append("http://localhost:\(reference.facts.port)\(path)")
        if endpoint.needsKey, reference.facts.asksForKeys { words.append("-H 'Authorization: Bearer KEY'") }
        if let body {
            words.append("-d '\(body.text(.pythonDefault).replacing("'", with: "'\\''"))'")
        }
        return words.joined(separator: " ")
    }
}

// Schemas.
extension ReferencePage {
    private struct Row {
        let name: String
        let schema: JSONValue
        let isRequired: Bool
        let text: String
    }

    private func section(_ name: String, _ schema: Schema) -> String {
        let text: String? = if case .string(let text)? = schema.json["description"] { text } else { nil }
        return "<h3 id=\"schema-\(name)\">\(name)</h3>\n<p>\((text ?? "").prose)</p>\n"
            + Self.whole(schema.json)
    }

    /// A schema that stands by itself.
    private static func whole(_ schema: JSONValue) -> String {
        if case .array(let forms)? = schema["anyOf"] {
            return "<p>One of:</p>\n<ul>" + forms.map { "<li>\(whole($0))</li>" }.joined() + "</ul>\n"
        }
        let table = members(schema)
        return table.isEmpty ? "<p>\(type(schema))</p>\n" : table
    }

    private static func members(_ schema: JSONValue) -> String {
        guard case .object(let members)? = schema["properties"] else { return "" }
        var required: [JSONValue] = []
        if case .array(let names)? = schema["required"] { required = names }
        let rows = members.map { member in
            let text: String? = if case .string(let text)? = member.value["description"] { text } else { nil }
            return Row(
                name: member.name, schema: member.value, isRequired: required.contains(.string(member.name)),
                text: text ?? "")
        }
        return table(rows) + refused(schema)
    }

    private static func refused(_ schema: JSONValue) -> String {
        guard case .object(let members)? = schema[Schema.refusedKey] else { return "" }
        let lines = members.map { member in
            let text: String = if case .string(let text) = member.value { text } else { "" }
            return "<li>\(text.prose)</li>"
        }
        return "<details><summary>Known parameters that are refused</summary><ul>\(lines.joined())</ul></details>\n"
    }

    private static func table(_ rows: [Row]) -> String {
        guard !rows.isEmpty else { return "" }
        let lines = rows.map { row in
            let usual = row.schema["default"].map { "<code>\($0.text().escaped)</code>" }
            let absent = usual ?? (row.isRequired ? "required" : "")
            return "<tr><td><code>\(row.name.escaped)</code></td><td>\(type(row.schema))</td><td>\(absent)</td>"
                + "<td>\(row.text.prose)</td></tr>"
        }
        return "<table><tr><th>name</th><th>type and limits</th><th>default</th><th></th></tr>"
            + lines.joined(separator: "\n") + "</table>\n"
    }

    private static func link(_ name: String) -> String { "<a href=\"#schema-\(name)\">\(name)</a>" }

    /// Of a schema that is a reference to a named one.
    private static func name(_ schema: JSONValue) -> String? {
        guard case .string(let reference)? = schema["$ref"] else { return nil }
        return reference.split(separator: "/").last.map { String($0) }
    }

    /// A type in words. That a parameter may be null goes without saying.
    private static func type(_ schema: JSONValue) -> String {
        if let name = name(schema) { return link(name) }
        if let content = schema["contentSchema"] { return type(content) }
        if let value = schema["const"] { return "<code>\(value.text().escaped)</code>" }
        if case .array(let values)? = schema["enum"] {
            return values.filter { $0 != .null }.map { "<code>\($0.text().escaped)</code>" }.joined(separator: ", ")
        }
        if case .array(let forms)? = schema["anyOf"] {
            return forms.filter { $0["type"] != "null" }.map(type).joined(separator: "; or ")
        }
        return plainType(schema)
    }

    private static func plainType(_ schema: JSONValue) -> String {
        var name = "anything"
        if case .string(let type)? = schema["type"] { name = type }
        if case .array(let types)? = schema["type"], case .string(let type)? = types.first { name = type }
        if name == "array", let element = schema["items"] { name = "array of " + inner(element) }
        if name == "object", let value = schema["additionalProperties"], value != true, value != [:] {
            name = "object, each value " + inner(value)
        }
        if case .object(let members)? = schema["properties"], !members.isEmpty {
            let parts = members.map { "<code>\($0.name.escaped)</code> (\(type($0.value)))" }
            name = "object with " + parts.joined(separator: ", ")
        }
        return ([name] + limits(schema)).joined(separator: ", ")
    }

    /// The type of a part.
    private static func inner(_ schema: JSONValue) -> String {
        let type = type(schema)
        return type.contains(", ") || type.contains("; ") ? "(\(type))" : type
    }

    private static func limits(_ schema: JSONValue) -> [String] {
        if let least = schema["minimum"], let most = schema["maximum"] { return ["\(least.text()) to \(most.text())"] }
        let words: KeyValuePairs = [
            "minimum": "at least #", "exclusiveMinimum": "above #", "maximum": "at most #",
            "minLength": "length at least #", "maxLength": "length at most #", "minItems": "at least # of them",
            "maxItems": "at most # of them", "maxProperties": "at most # of them",
        ]
        return words.compactMap { name, text in schema[name].map { text.replacing("#", with: $0.text()) } }
    }
}

extension DocumentedEndpoint {
    fileprivate var title: String { "\(method.rawValue) \(path)" }
}

extension String {
    /// Of a page, without a meaning of its own.
    fileprivate var escaped: String {
        replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;").replacing("'", with: "&#39;")
    }

    /// A sentence in which code stands between backquotes.
    fileprivate var prose: String {
        escaped.split(separator: "`", omittingEmptySubsequences: false).enumerated().map { index, part in
            index.isMultiple(of: 2) ? String(part) : "<code>\(part)</code>"
        }.joined()
    }
}
