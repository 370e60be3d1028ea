import JSON
import Testing
import Tokenizer

@testable import Router

@Suite("tokenizer_config.json, as it is told") struct TokenizerInfoTests {
    private func read(_ config: String?, template: String? = nil, end: String? = "<end>") throws -> JSONValue {
        try TokenizerInfo(
            config: config.map { Array($0.utf8) }, template: template.map { Array($0.utf8) },
            file: "tokenizer_config.json", templateFile: "chat_template.jinja", endToken: end
        ).json
    }

    @Test("without a file, the end token is the model's, and there is a class")
    func absent() throws {
        #expect(try read(nil) == ["eos_token": "<end>", "tokenizer_class": "PreTrainedTokenizerFast"])
        #expect(try read(nil, end: nil)["eos_token"] == .null)
    }

    @Test("what the file says stays, but for paths; tokens with properties are told by their text")
    func content() throws {
        let config = #"""
            {"eos_token":{"content":"</s>","lstrip":false},"tokenizer_class":"LlamaTokenizer","vocab_file":"/home/x",
            "model_max_length":1000000000000000019884624838656,"other":[1,{"a":null}],
            "added_tokens_decoder":{"5":{"content":"<x>","special":true}}}
            """#
        #expect(
            try read(config) == [
                "eos_token": "</s>", "tokenizer_class": "LlamaTokenizer",
                "model_max_length": .number("1000000000000000019884624838656"),
                "other": [1, ["a": .null]], "added_tokens_decoder": ["5": "<x>"],
            ])
        #expect(try read(#"{"eos_token":null}"#)["eos_token"] == "<end>")
    }

    @Test("of several chat templates the default is told, and a file of its own wins")
    func templates() throws {
        let list = #"[{"name":"tool_use","template":"T"},{"name":"default","template":"D"}]"#
        #expect(try read(#"{"chat_template":"A"}"#)["chat_template"] == "A")
        #expect(try read(#"{"chat_template":\#(list)}"#)["chat_template"] == "D")
        let other: JSONValue = [["name": "x", "template": "X"]]
        #expect(try read(#"{"chat_template":\#(other.text())}"#)["chat_template"] == other)
        #expect(try read(#"{"chat_template":"A"}"#, template: "J\n")["chat_template"] == "J\n")
        #expect(try read(nil, template: "J")["chat_template"] == "J")
    }

    @Test(
        "nonsense is refused by name",
        arguments: [
            ("", "JSON"), ("[]", "an object"), (#"{"a":1,"a":2}"#, "JSON"), (#"{"eos_token":5}"#, "eos_token"),
            (#"{"pad_token":["x"]}"#, "pad_token"), (#"{"tokenizer_class":null}"#, "tokenizer_class"),
            (#"{"model_max_length":"long"}"#, "model_max_length"), (#"{"chat_template":5}"#, "chat_template"),
            (#"{"chat_template":[{"name":"default"}]}"#, "chat_template"),
        ])
    func nonsense(config: String, named: String) throws {
        let error = #expect(throws: TokenizerError.self) { try read(config) }
        #expect(
            error.map { "\($0)".hasPrefix("tokenizer_config.json") && "\($0)".contains(named) } == true,
            "\(error as Any)")
    }

    @Test("a template that is no UTF-8 is refused")
    func notText() throws {
        #expect(throws: TokenizerError.self) {
            try TokenizerInfo(config: nil, template: [0xFF], file: "a", templateFile: "b", endToken: nil)
        }
    }
}
