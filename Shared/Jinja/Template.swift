/// A chat template, read and ready to be rendered: the part of Jinja2 that chat templates use, with the meaning that
/// jinja2 has in transformers' environment (sandboxed, immutable, `trim_blocks`, `lstrip_blocks`, `break` and
/// `continue`, Python's `json.dumps` for `tojson`). Strings carry their origin, so that what a client sent can never
/// become a special token.
package struct Template: Sendable {
    /// The name that errors tell.
    package let name: String
    private let body: [Statement]
    private let names: [String]

    /// Reads a template's text.
    ///
    /// - Parameter name: what errors call it.
    package init(_ source: String, name: String = "chat_template") throws(TemplateError) {
        self.name = name
        (body, names) = try Parser.parse(source, name: name)
    }

    /// Renders the template.
    ///
    /// - Parameters:
    ///   - variables: what the template can read by name.
    ///   - now: the time that `strftime_now` tells.
    ///   - limits: how much work the rendering may be; beyond it, it ends with an error of the kind `.limit`.
    ///   - isCancelled: asked again and again; where nobody wants the result, rendering ends with `.cancelled`.
    package func render(
        _ variables: [String: TemplateValue], now: TemplateTime, limits: RenderLimits = RenderLimits(),
        isCancelled: @escaping () -> Bool = { false }
    ) throws(TemplateError) -> RenderedText {
        let interpreter = Interpreter(names: names, now: now, limits: limits, isCancelled: isCancelled)
        defer { interpreter.releaseCycles() }
        do throws(Problem) {
            for (index, name) in names.enumerated() {
                if let value = variables[name] { interpreter.define(index, try interpreter.value(value)) }
            }
            try interpreter.runAll(body)
        } catch {
            throw TemplateError(kind: error.kind, template: name, line: interpreter.line, problem: error.text)
        }
        return RenderedText(interpreter.output)
    }
}
