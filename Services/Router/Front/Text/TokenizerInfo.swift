internal import Foundation
internal import JSON
internal import Tokenizer

/// What `GET /tokenizer_info` answers: the content of the checkpoint's `tokenizer_config.json`, in the form that vLLM
/// gives it. Tools that render prompts themselves, such as lm-eval, take special tokens and chat template from there.
struct TokenizerInfo: Sendable {
    let json: JSONValue
    /// The texts of chat templates by their names; the only one is often called "default".
    let templates: [String: String]

    /// Templates have some kilobytes, lists of added tokens some hundreds.
    private static let bytesMax = 16 << 20
    private static let configName = "tokenizer_config.json", templateName = "chat_template.jinja"

    /// Reads `tokenizer_config.json` in `directory`, and `chat_template.jinja`, which newer checkpoints have instead of
    /// the template in it. Either may be absent.
    ///
    /// - Parameter endToken: where the model ends an answer; for checkpoints that name none.
    init(contentsOf directory: String, endToken: String?) throws(TokenizerError) {
        let config = URL(filePath: directory).appending(path: Self.configName).path
        let template = URL(filePath: directory).appending(path: Self.templateName).path
        try self.init(
            config: Self.content(of: config), template: Self.content(of: template), file: config,
            templateFile: template, endToken: endToken)
    }

    /// - Parameters:
    ///   - config: the content of a `tokenizer_config.json`; nil: there is none.
    ///   - template: the content of a `chat_template.jinja`; nil: there is none.
    ///   - file, templateFile: their names, for errors.
    init(
        config: [UInt8]?, template: [UInt8]?, file: String, templateFile: String = "", endToken: String?
    ) throws(TokenizerError) {
        var members: [JSONValue.Member] = []
        if let config { members = try Self.members(config, file) }
        var templates = Self.templates(members.first { $0.name == "chat_template" }?.value ?? .null)
        members = members.map { member in
            guard member.name == "chat_template" else { return member }
            return JSONValue.Member(name: member.name, value: Self.defaultTemplate(member.value) ?? .null)
        }
        if let template {
            guard let text = String(validating: template, as: UTF8.self) else {
                throw TokenizerError(file: templateFile, field: "", expected: "UTF-8", found: "other bytes")
            }
            Self.set("chat_template", .string(text), in: &members)
            templates = ["default": text]
        }
        let given = JSONValue.object(members)
        if given["eos_token"] ?? .null == .null { Self.set("eos_token", .text(endToken), in: &members) }
        if given["tokenizer_class"] == nil { Self.set("tokenizer_class", "PreTrainedTokenizerFast", in: &members) }
        json = .object(members)
        self.templates = templates
    }

    /// The texts of the tokens that chat templates know by name.
    var tokens: [(name: String, text: String)] {
        ["bos_token", "eos_token", "pad_token", "unk_token"].compactMap { name in
            if case .string(let text)? = json[name] { (name, text) } else { nil }
        }
    }

    private static func templates(_ value: JSONValue) -> [String: String] {
        switch value {
        case .string(let text): return ["default": text]
        case .array(let elements):
            var templates: [String: String] = [:]
            for element in elements {
                guard case .string(let name)? = element["name"], case .string(let text)? = element["template"] else {
                    continue
                }
                templates[name] = text
            }
            return templates
        default: return [:]
        }
    }

    private static func set(_ name: String, _ value: JSONValue, in members: inout [JSONValue.Member]) {
        members.removeAll { $0.name == name }
        members.append(JSONValue.Member(name: name, value: value))
    }

    private static func content(of path: String) throws(TokenizerError) -> [UInt8]? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        return try BoundedFile.content(of: path, bytesMax: bytesMax)
    }
}

// What the file may hold. Tools rely on these types; all else in it is passed on as it is.
extension TokenizerInfo {
    private static func members(_ bytes: [UInt8], _ file: String) throws(TokenizerError) -> [JSONValue.Member] {
        let config: JSONValue
        do { config = try JSONReader.read(bytes, duplicateNames: .refused) } catch {
            throw TokenizerError(file: file, field: "", expected: "JSON", found: "what is \(error.inWords)")
        }
        guard case .object(let members) = config else {
            throw TokenizerError(file: file, field: "", expected: "an object", found: config.inWords)
        }
        var result: [JSONValue.Member] = []
        // Paths of whoever saved the file.
        for member in members where member.name != "vocab_file" && member.name != "merges_file" {
            result.append(JSONValue.Member(name: member.name, value: try value(member, file)))
        }
        return result
    }

    private static func value(_ member: JSONValue.Member, _ file: String) throws(TokenizerError) -> JSONValue {
        func expect(_ expected: String, _ isFine: Bool) throws(TokenizerError) {
            guard !isFine else { return }
            throw TokenizerError(file: file, field: member.name, expected: expected, found: member.value.inWords)
        }
        let value = textOnly(member.value)
        switch member.name {
        case "bos_token", "eos_token", "pad_token", "unk_token":
            try expect("a token or null", value == .null || isString(value))
        case "tokenizer_class": try expect("a string", isString(value))
        case "model_max_length": try expect("a number", value == .null || value.double != nil)
        case "chat_template":
            try expect("a template, or a list of templates with their names", defaultTemplate(value) != nil)
        default: break
        }
        return value
    }

    /// As in vLLM: of a token that is spelled with its properties, the text is told.
    private static func textOnly(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let members):
            if let content = value["content"], isString(content) { return content }
            return .object(members.map { JSONValue.Member(name: $0.name, value: textOnly($0.value)) })
        case .array(let elements): return .array(elements.map(textOnly))
        default: return value
        }
    }

    /// Of several templates the one that is meant where none is named, or the list where that is not among them; nil
    /// where it is no template.
    private static func defaultTemplate(_ value: JSONValue) -> JSONValue? {
        switch value {
        case .null, .string: return value
        case .array(let elements):
            guard elements.allSatisfy({ isString($0["name"]) && isString($0["template"]) }) else { return nil }
            return elements.last { $0["name"] == "default" }?["template"] ?? value
        default: return nil
        }
    }

    private static func isString(_ value: JSONValue?) -> Bool { if case .string? = value { true } else { false } }
}
