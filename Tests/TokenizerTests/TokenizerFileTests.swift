import Foundation
import Testing
import Tokenizer

@Suite("tokenizer.json") struct TokenizerFileTests {
    /// A small whole file, in pieces that a test can swap.
    private static let sound: [String: String] = [
        "added_tokens":
            #"[{"id":4,"content":"<s>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}]"#,
        "normalizer": "null", "pre_tokenizer": byteLevel, "post_processor": "null", "decoder": #"{"type":"ByteLevel"}"#,
        "type": #""BPE""#, "vocab": #"{"a":0,"b":1,"ab":2,"Ġ":3}"#, "merges": #"["a b"]"#, "unk_token": "null",
        "byte_fallback": "false", "dropout": "null",
        "continuing_subword_prefix": #""""#, "end_of_word_suffix": "null", "ignore_merges": "false",
        "truncation": "null", "padding": "null",
    ]
    private static let byteLevel =
        #"{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}"#

    private static func file(_ changes: [String: String?] = [:]) -> String {
        let inModel = [
            "type", "vocab", "merges", "unk_token", "byte_fallback", "dropout", "continuing_subword_prefix",
            "end_of_word_suffix", "ignore_merges",
        ]
        let fields = sound.merging(changes.compactMapValues { $0 }) { $1 }.filter { changes[$0.key] != .some(nil) }
        let join = { (names: [String]) in
            names.sorted().compactMap { name in fields[name].map { "\"\(name)\":\($0)" } }.joined(separator: ",")
        }
        let model = fields["model"] ?? "{\(join(inModel))}"
        return
            "{\"version\":\"1.0\",\(join(fields.keys.filter { !inModel.contains($0) && $0 != "model" })),\"model\":\(model)}"
    }

    private static let text = #"{"Sequence":{"id":"A","type_id":0}}"#,
        start = #"{"SpecialToken":{"id":"<s>","type_id":0}}"#

    private static func template(single: String) -> String {
        #"{"type":"TemplateProcessing","single":\#(single),"pair":[\#(text),{"Sequence":{"id":"B","type_id":1}}],"special_tokens":{"<s>":{"id":"<s>","ids":[4],"tokens":["<s>"]}}}"#
    }

    private func refusal(of text: String) -> TokenizerError? {
        do {
            _ = try BytePairTokenizer(json: Array(text.utf8), file: "t.json")
            return nil
        } catch { return error }
    }

    @Test("the sound file is read")
    func soundFile() throws {
        let tokenizer = try BytePairTokenizer(json: Array(Self.file().utf8), file: "t.json")
        #expect(tokenizer.encode("ab a<s>") == [2, 3, 0, 4])
        #expect(tokenizer.encode("xaxb") == [2], "bytes the vocabulary lacks are left out before merging")
    }

    struct Damage: Sendable {
        let changes: [String: String?]
        let field: String
        init(_ name: String, _ value: String?, _ field: String) {
            changes = [name: value]
            self.field = field
        }
    }

    @Test(
        "each damage and each unsupported option is refused by the name of its field",
        arguments: [
            Damage("vocab", nil, "model.vocab"), Damage("vocab", "[]", "model.vocab"),
            Damage("vocab", #"{"a":"0"}"#, #"model.vocab["a"]"#),
            Damage("vocab", #"{"a":0,"b":0}"#, #"model.vocab["b"]"#),
            Damage("vocab", #"{"a":0,"a":1}"#, #"model.vocab["a"]"#),
            Damage("vocab", #"{"a":-1}"#, #"model.vocab["a"]"#),
            Damage("vocab", #"{"a":4294967296}"#, #"model.vocab["a"]"#),
            Damage("vocab", #"{"a":1.5}"#, #"model.vocab["a"]"#),
            Damage("vocab", #"{"a":99999999999999999999}"#, #"model.vocab["a"]"#),
            Damage("merges", nil, "model.merges"), Damage("merges", "{}", "model.merges"),
            Damage("merges", #"["a b","a x"]"#, "model.merges[1]"),
            Damage("merges", #"["b a"]"#, "model.merges[0]"), Damage("merges", #"["ab"]"#, "model.merges[0]"),
            Damage("merges", #"["a  b"]"#, "model.merges[0]"),
            Damage("merges", #"[["a"]]"#, "model.merges[0]"), Damage("merges", #"[["a",1]]"#, "model.merges[0]"),
            Damage("merges", "[7]", "model.merges[0]"),
            Damage("type", nil, "model.type"), Damage("type", #""WordPiece""#, "model.type"),
            Damage("type", "1", "model.type"),
            Damage("unk_token", #""<unk>""#, "model.unk_token"), Damage("byte_fallback", "true", "model.byte_fallback"),
            Damage("byte_fallback", "1", "model.byte_fallback"), Damage("dropout", "0.1", "model.dropout"),
            Damage("ignore_merges", "\"no\"", "model.ignore_merges"),
            Damage("continuing_subword_prefix", #""@@""#, "model.continuing_subword_prefix"),
            Damage("end_of_word_suffix", #""</w>""#, "model.end_of_word_suffix"),
            Damage("model", "7", "model"), Damage("truncation", "7", "truncation"), Damage("padding", "[]", "padding"),
            Damage("decoder", nil, "decoder"), Damage("decoder", "null", "decoder"),
            Damage("decoder", #"{"type":"Metaspace"}"#, "decoder.type"),
            Damage("normalizer", #"{"type":"Lowercase"}"#, "normalizer.type"),
            Damage("normalizer", "{}", "normalizer.type"),
            Damage(
                "normalizer", #"{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"NFKC"}]}"#,
                "normalizer.normalizers[1].type"),
            Damage("post_processor", #"{"type":"TemplateProcessing"}"#, "post_processor.single"),
            Damage("post_processor", template(single: "[]"), "post_processor.single"),
            Damage("post_processor", template(single: #"[{"Sequence":{"id":"B"}}]"#), "post_processor.single"),
            Damage("post_processor", template(single: "[\(text),\(text)]"), "post_processor.single"),
            Damage("post_processor", template(single: "[{}]"), "post_processor.single"),
            Damage(
                "post_processor", template(single: "[\(start),\(text)]"), "post_processor.single[0].SpecialToken.id"),
            Damage(
                "post_processor",
                #"{"type":"Sequence","processors":[{"type":"ByteLevel"},\#(template(single: "[\(text),\(start)]"))]}"#,
                "post_processor.processors[1].single[1].SpecialToken.id"),
            Damage("post_processor", #"{"type":"Bert"}"#, "post_processor.type"),
            Damage("pre_tokenizer", nil, "pre_tokenizer"), Damage("pre_tokenizer", "null", "pre_tokenizer"),
            Damage("pre_tokenizer", #"{"type":"Whitespace"}"#, "pre_tokenizer.type"),
            Damage("pre_tokenizer", #"{"type":"Sequence","pretokenizers":[]}"#, "pre_tokenizer"),
            Damage("pre_tokenizer", #"{"type":"ByteLevel"}"#, "pre_tokenizer.add_prefix_space"),
            Damage(
                "pre_tokenizer", #"{"type":"Sequence","pretokenizers":[\#(byteLevel),\#(byteLevel)]}"#,
                "pre_tokenizer.pretokenizers[0].type"),
            Damage("pre_tokenizer", #"{"type":"Digits","individual_digits":true}"#, "pre_tokenizer.type"),
            Damage("pre_tokenizer", split(#"{"Regex":"(?<=a)"}"#), "pre_tokenizer.pretokenizers[0].pattern.Regex"),
            Damage("pre_tokenizer", split(#"{"Regex":7}"#), "pre_tokenizer.pretokenizers[0].pattern.Regex"),
            Damage("pre_tokenizer", split("{}"), "pre_tokenizer.pretokenizers[0].pattern.String"),
            Damage(
                "pre_tokenizer", split(#"{"String":"x"}"#, behavior: "Sideways"),
                "pre_tokenizer.pretokenizers[0].behavior"),
            Damage("added_tokens", "{}", "added_tokens"), Damage("added_tokens", "[{}]", "added_tokens[0].content"),
            Damage("added_tokens", added(""), "added_tokens[0].content"),
            Damage("added_tokens", added("<s>", id: "2"), "added_tokens[0]"),
            Damage("added_tokens", added("ab", id: "9"), "added_tokens[0]"),
            Damage("added_tokens", added("<s>", id: "true"), "added_tokens[0].id"),
            Damage(
                "added_tokens",
                "[\(added("<s>").dropFirst().dropLast()),\(added("<s>", id: "9").dropFirst().dropLast())]",
                "added_tokens[1]"),
        ])
    func damage(damage: Damage) throws {
        let error = try #require(refusal(of: Self.file(damage.changes)))
        #expect(error.field == damage.field, "\(error)")
        #expect(error.file == "t.json")
    }

    @Test(
        "what changes nothing is accepted: a template that puts nothing in, limits left over from the last call",
        arguments: [
            Damage("post_processor", template(single: "[\(text)]"), ""),
            Damage("post_processor", #"{"type":"Sequence","processors":[\#(template(single: "[\(text)]"))]}"#, ""),
            Damage("truncation", #"{"direction":"Right","max_length":1,"strategy":"LongestFirst","stride":0}"#, ""),
            Damage(
                "padding",
                #"{"strategy":{"Fixed":9},"direction":"Right","pad_to_multiple_of":null,"pad_id":4,"pad_type_id":0,"pad_token":"<s>"}"#,
                ""),
            Damage(
                "added_tokens",
                "[\(added("<s>").dropFirst().dropLast()),\(added("ab", id: "2").dropFirst().dropLast())]", ""),
            Damage(
                "added_tokens", "[\(added("<s>").dropFirst().dropLast()),\(added("<s>").dropFirst().dropLast())]", ""),
        ])
    func harmless(change: Damage) throws {
        let tokenizer = try BytePairTokenizer(json: Array(Self.file(change.changes).utf8), file: "t.json")
        #expect(tokenizer.encode("ab a<s>") == [2, 3, 0, 4])
    }

    @Test("the demo tokenizer as transformers 5.24 saves it after a padded call has the same ids")
    func savedByTransformers() throws {
        var file = try #require(try JSONSerialization.jsonObject(with: Data(Fixtures.json("demo"))) as? [String: Any])
        let text: [String: Any] = ["Sequence": ["id": "A", "type_id": 0]]
        file["post_processor"] = [
            "type": "TemplateProcessing", "single": [text], "pair": [text, ["Sequence": ["id": "B", "type_id": 1]]],
            "special_tokens": [String: Any](),
        ]
        file["truncation"] = ["direction": "Right", "max_length": 5, "strategy": "LongestFirst", "stride": 0]
        file["padding"] = [
            "strategy": "BatchLongest", "direction": "Right", "pad_to_multiple_of": NSNull(), "pad_id": 4090,
            "pad_type_id": 0, "pad_token": "<end_of_sentence>",
        ]
        var model = try #require(file["model"] as? [String: Any])
        model["unk_token"] = "<end_of_document>"
        file["model"] = model
        let tokenizer = try BytePairTokenizer(json: Array(JSONSerialization.data(withJSONObject: file)), file: "saved")
        #expect(tokenizer.encode("Once upon a time") == [46, 1346, 603, 258, 587])
        let original = try Fixtures.tokenizer("demo")
        for text in try Fixtures.corpus() { #expect(tokenizer.encode(text) == original.encode(text)) }
    }

    @Test(
        "an id that a text can lead to must lie below the model's vocabulary; others may be any",
        arguments: [
            ([:], 5, nil), ([:], 4, "\"<s>\""), ([:], 3, "\" \""), ([:], 2, "\"ab\""),
            (["merges": "[]"], 2, "\" \""), (["vocab": #"{"a":0,"b":1,"ab":2,"Ġ":3,"zzz":900}"#], 5, nil),
            (["vocab": #"{"a":0,"b":1,"ab":2,"Ġ":3,"zzz":900}"#, "ignore_merges": "true"], 5, "\"zzz\""),
            (["added_tokens": added(#"\u001B[2J"#, id: "77")], 5, #""\u{1B}[2J""#),
        ] as [([String: String], Int, String?)])
    func idsOfTheModel(changes: [String: String], vocabularySize: Int, token: String?) throws {
        let tokenizer = try BytePairTokenizer(json: Array(Self.file(changes.mapValues { $0 }).utf8), file: "t.json")
        guard let token else { return try tokenizer.checkIDs(vocabularySize: vocabularySize) }
        let error = try #require(throws: TokenizerError.self) { try tokenizer.checkIDs(vocabularySize: vocabularySize) }
        #expect(
            error.field == "the token \(token)"
                && error.description.contains("vocab_size of config.json, which is \(vocabularySize)"))
        #expect(error.file == "t.json")
    }

    @Test("tables that a small file makes large are bounded", .timeLimit(.minutes(1)))
    func bounded() throws {
        #expect(
            refusal(of: Self.file(["added_tokens": Self.added(String(repeating: "a", count: (1 << 20) + 1))]))?.field
                == "added_tokens")
        let step = #"{"type":"Digits","individual_digits":true}"#
        let many =
            #"{"type":"Sequence","pretokenizers":[\#(String(repeating: step + ",", count: 30))\#(Self.byteLevel)]}"#
        #expect(refusal(of: Self.file(["pre_tokenizer": many]))?.field == "pre_tokenizer")
    }

    @Test("errors show no control characters of the file and little of a long text")
    func printableErrors() throws {
        let error = try #require(
            refusal(
                of: Self.file(["vocab": "{\"\\u001B]0;x\\u0007\\u202E\(String(repeating: "y", count: 5000))\":-1}"])))
        #expect(error.description.count < 600)
        #expect(error.description.contains(#"\u{1B}]0;x\u{7}\u{202E}yyy"#))
    }

    private static func split(_ pattern: String, behavior: String = "Isolated") -> String {
        #"{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":\#(pattern),"behavior":"\#(behavior)","invert":false},\#(byteLevel)]}"#
    }

    private static func added(_ content: String, id: String = "4") -> String {
        #"[{"id":\#(id),"content":"\#(content)","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}]"#
    }

    @Test(
        "text that is not JSON is refused",
        arguments: [
            "", "{", "[", "nul", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "[1,]", "[1 2]", "\"", "\"\\x\"", "\"\\ud800\"",
            "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\n\"", "01", "1.", "+1", "1e999", "-",
            "{} x", String(repeating: "[", count: 100_000), "{\"version\":\"1.0\"}", "null", "7",
        ])
    func notJSON(text: String) {
        #expect(refusal(of: text) != nil)
    }

    @Test("bytes that are not UTF-8 are refused")
    func notUTF8() {
        #expect(throws: TokenizerError.self) { try BytePairTokenizer(json: [0x22, 0xFF, 0x22], file: "t.json") }
    }

    @Test("a missing file is named")
    func missingFile() {
        #expect { try BytePairTokenizer(contentsOf: "/nowhere") } throws: {
            ($0 as? TokenizerError)?.file == "/nowhere/tokenizer.json"
        }
    }

    @Test("a file cut off or with a wrong byte anywhere is read or refused, never a trap")
    func mutations() {
        let bytes = Array(
            Self.file([
                "pre_tokenizer": Self.split(#"{"Regex":"[ab]"}"#).replacing(
                    "\"use_regex\":true", with: "\"use_regex\":false")
            ]).utf8)
        for end in bytes.indices {
            #expect(throws: TokenizerError.self) { try BytePairTokenizer(json: Array(bytes[..<end]), file: "t.json") }
        }
        var refused = 0
        for position in bytes.indices {
            for byte in Array("\"\\]:0a".utf8) + [0x80] {
                var damaged = bytes
                damaged[position] = byte
                do { _ = try BytePairTokenizer(json: damaged, file: "t.json").encode("ab ba<s>") } catch {
                    refused += 1
                }
            }
        }
        #expect(refused > bytes.count)
    }
}
