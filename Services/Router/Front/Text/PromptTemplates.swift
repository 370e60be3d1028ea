internal import Chat
internal import Tokenizer

/// Which template makes the prompts of chats: the operator's, else the checkpoint's, else the family's own.
enum PromptTemplates {
    /// A template has some kilobytes.
    private static let bytesMax = 4 << 20

    /// - Parameters:
    ///   - file: a template of the operator's.
    ///   - info: tells the checkpoint's.
    ///   - family: the family's own. Where the checkpoint's renders conversations as this one does, this one is taken:
    ///     it knows tools, calls and results, and renders message by message.
    static func template(
        file: String?, _ info: TokenizerInfo, family: any PromptTemplate
    ) throws -> any PromptTemplate {
        if let file {
            return try checked("--chat-template \(file)") { () throws(PromptTemplateError) in
                try CheckpointTemplate(sources: ["default": try content(of: file)], name: file, tokens: info.tokens)
            }
        }
        guard !info.templates.isEmpty else { return family }
        let template = try checked("the checkpoint's chat template") { () throws(PromptTemplateError) in
            try CheckpointTemplate(sources: info.templates, tokens: info.tokens)
        }
        return template.isFamilys ? family : template
    }

    private static func checked<Value>(
        _ name: String, _ make: () throws(PromptTemplateError) -> Value
    ) throws(Unusable) -> Value {
        do { return try make() } catch {
            let words =
                switch error {
                case .refused(let words), .failed(let words): words
                case .cancelled: "it was not rendered"        // nobody does so at the start
                }
            throw Unusable(description: "\(name) cannot be used: \(words); --chat-template FILE gives another")
        }
    }

    /// Why the router cannot begin.
    struct Unusable: Error, CustomStringConvertible { let description: String }

    private static func content(of file: String) throws(PromptTemplateError) -> String {
        let bytes: [UInt8]
        do { bytes = try BoundedFile.content(of: file, bytesMax: bytesMax) } catch {
            throw .failed("expected \(error.expected), found \(error.found)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .failed("expected UTF-8, found other bytes")
        }
        return text
    }
}
