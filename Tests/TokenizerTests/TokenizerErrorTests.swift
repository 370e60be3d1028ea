import Testing
import Tokenizer

@Suite("Errors of a tokenizer.json, as a person reads them") struct TokenizerErrorTests {
    /// A small whole file of which one part is another.
    private func error(_ replacing: (String, String)) -> String? {
        let sound = #"""
            {"added_tokens":[{"id":4,"content":"<s>","single_word":false,"lstrip":false,"rstrip":false,
            "normalized":false,"special":true}],"normalizer":null,
            "pre_tokenizer":{"type":"Sequence","pretokenizers":[
            {"type":"Split","pattern":{"Regex":"a+"},"behavior":"Isolated","invert":false},
            {"type":"ByteLevel","add_prefix_space":false}]},
            "post_processor":null,"decoder":{"type":"ByteLevel"},"model":{"type":"BPE","unk_token":null,
            "byte_fallback":false,"vocab":{"a":0,"b":1,"ab":2,"Ġ":3},"merges":["a b"]}}
            """#
        precondition(sound.contains(replacing.0), "the sound file has no \(replacing.0)")
        do {
            _ = try BytePairTokenizer(json: Array(sound.replacing(replacing.0, with: replacing.1).utf8), file: "t.json")
            return nil
        } catch { return error.description }
    }

    @Test(
        "name the file, the field, what it should hold and what it holds",
        arguments: [
            (#""a":0"#, #""a":-1"#, #"model.vocab["a"]: expected a token id from 0 to 4194304, found -1"#),
            (#""a":0"#, #""a":4194305"#, #"model.vocab["a"]: expected a token id from 0 to 4194304, found 4194305"#),
            (#""a":0"#, #""a":null"#, #"model.vocab["a"]: expected a token id from 0 to 4194304, found null"#),
            (#""a":0"#, #""a":1"#, #"model.vocab["b"]: expected an id and a content that no other entry has, found 1"#),
            (#"["a b"]"#, #"["a b","b b"]"#, #"model.merges[1]: expected tokens of the vocabulary, found "bb""#),
            (#"["a b"]"#, #"["a c"]"#, #"model.merges[0]: expected tokens of the vocabulary, found "c""#),
            (
                #"["a b"]"#, #"[["a"]]"#,
                #"model.merges[0]: expected two tokens, as "a b" or ["a", "b"], found a list of 1"#
            ),
            (#"["a b"]"#, "7", "model.merges: expected an array, found 7"),
            (#""BPE""#, #""Unigram""#, #"model.type: expected "BPE", found the string "Unigram""#),
            (
                #""unk_token":null"#, #""unk_token":"a""#,
                #"model.unk_token: expected null, since the vocabulary has no token for the byte 0, found the string "a""#
            ),
            ("\"byte_fallback\":false", "\"byte_fallback\":true", "model.byte_fallback: expected false, found true"),
            (
                #""id":4"#, #""id":2"#,
                #"added_tokens[0]: expected an id and a content of its own, found "<s>" with id 2"#
            ),
            (
                #""content":"<s>""#, #""content":"""#,
                #"added_tokens[0].content: expected a token that is not empty, found the string """#
            ),
            (#""lstrip":false,"#, "", "added_tokens[0].lstrip: expected a value, found nothing"),
            (#""special":true"#, #""special":1"#, "added_tokens[0].special: expected true or false, found 1"),
            (#""normalizer":null"#, #""normalizer":[]"#, "normalizer: expected an object, found a list of 0"),
            (
                #""behavior":"Isolated""#, #""behavior":"isolated""#,
                "pre_tokenizer.pretokenizers[0].behavior: expected one of Isolated, Removed, MergedWithPrevious, "
                    + #"MergedWithNext, Contiguous, found the string "isolated""#
            ),
            (
                #""Regex":"a+""#, #""Regex":"(?<=a)b""#,
                "pre_tokenizer.pretokenizers[0].pattern.Regex: expected a supported regular expression, "
                    + #"found this kind of group at character 1 of "(?<=a)b""#
            ),
            (
                #"{"type":"ByteLevel","add_prefix_space":false}"#, #"{"type":"Split"}"#,
                #"pre_tokenizer.pretokenizers[1].type: expected "ByteLevel" as the last pre-tokenizer, "#
                    + #"found the string "Split""#
            ),
            (
                #""post_processor":null"#, #""post_processor":{"type":"Roberta"}"#,
                #"post_processor.type: expected "ByteLevel", a TemplateProcessing that puts nothing in, or null, "#
                    + #"found the string "Roberta""#
            ),
            (#""decoder":{"type":"ByteLevel"}"#, #""decoder":7"#, "decoder: expected an object, found 7"),
            (#"{"added_tokens""#, #"{{"added_tokens""#, "JSON at byte 1: expected a name in quotes, found '{'"),
        ])
    func messages(part: String, replacement: String, message: String) {
        #expect(error((part, replacement)) == "t.json: \(message)")
    }

    @Test("the file itself is sound")
    func sound() {
        #expect(error(("\"a\":0", "\"a\":0")) == nil)
    }
}
