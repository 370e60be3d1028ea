import Foundation
import Testing
import Tokenizer

@Suite("tokenizer.json") struct TokenizerFileTests {
    /// A small whole file, in pieces that a test can swap.
    private static let sound: [String: String] = [
        "added_tokens": #"[{"id":4,"content":"<s>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}]"#,
        "normalizer": "null", "pre_tokenizer": byteLevel, "post_processor": "null", "decoder": #"{"type":"ByteLevel"}"#,
        "type": #""BPE""#, "vocab": #"{"a":0,"b":1,"ab":2,"Ġ":3}"#, "merges": #"["a b"]"#, "unk_token": "null", "byte_fallback": "false", "dropout": "null",
        "continuing_subword_prefix": #""""#, "end_of_word_suffix": "null", "ignore_merges": "false", "truncation": "null", "padding": "null",
    ]
    private static let byteLevel = #"{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}"#

    private static func file(_ changes: [String: String?] = [:]) -> String {
        let inModel = ["type", "vocab", "merges", "unk_token", "byte_fallback", "dropout", "continuing_subword_prefix", "end_of_word_suffix", "ignore_merges"]
        let fields = sound.merging(changes.compactMapValues { $0 }) { $1 }.filter { changes[$0.key] != .some(nil) }
        let join = { (names: [String]) in names.sorted().compactMap { name in fields[name].map { "\"\(name)\":\($0)" } }.joined(separator: ",") }
        let model = fields["model"] ?? "{\(join(inModel))}"
        return "{\"version\":\"1.0\",\(join(fields.keys.filter { !inModel.contains($0) && $0 != "model" })),\"model\":\(model)}"
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

    @Test("each damage and each unsupported option is refused by the name of its field", arguments: [
        Damage("vocab", nil, "model.vocab"), Damage("vocab", "[]", "model.vocab"), Damage("vocab", #"{"a":"0"}"#, #"model.vocab["a"]"#),
        Damage("vocab", #"{"a":0,"b":0}"#, #"model.vocab["b"]"#), Damage("vocab", #"{"a":0,"a":1}"#, #"model.vocab["a"]"#),
        Damage("vocab", #"{"a":-1}"#, #"model.vocab["a"]"#), Damage("vocab", #"{"a":4294967296}"#, #"model.vocab["a"]"#),
        Damage("vocab", #"{"a":1.5}"#, #"model.vocab["a"]"#), Damage("vocab", #"{"a":99999999999999999999}"#, #"model.vocab["a"]"#),
        Damage("merges", nil, "model.merges"), Damage("merges", "{}", "model.merges"), Damage("merges", #"["a b","a x"]"#, "model.merges[1]"),
        Damage("merges", #"["b a"]"#, "model.merges[0]"), Damage("merges", #"["ab"]"#, "model.merges[0]"), Damage("merges", #"["a  b"]"#, "model.merges[0]"),
        Damage("merges", #"[["a"]]"#, "model.merges[0]"), Damage("merges", #"[["a",1]]"#, "model.merges[0]"), Damage("merges", "[7]", "model.merges[0]"),
        Damage("type", nil, "model.type"), Damage("type", #""WordPiece""#, "model.type"), Damage("type", "1", "model.type"),
        Damage("unk_token", #""<unk>""#, "model.unk_token"), Damage("byte_fallback", "true", "model.byte_fallback"),
        Damage("byte_fallback", "1", "model.byte_fallback"), Damage("dropout", "0.1", "model.dropout"), Damage("ignore_merges", "\"no\"", "model.ignore_merges"),
        Damage("continuing_subword_prefix", #""@@""#, "model.continuing_subword_prefix"), Damage("end_of_word_suffix", #""</w>""#, "model.end_of_word_suffix"),
        Damage("model", "7", "model"), Damage("truncation", "{}", "truncation"), Damage("padding", "{}", "padding"),
        Damage("decoder", nil, "decoder"), Damage("decoder", "null", "decoder"), Damage("decoder", #"{"type":"Metaspace"}"#, "decoder.type"),
        Damage("normalizer", #"{"type":"Lowercase"}"#, "normalizer.type"), Damage("normalizer", "{}", "normalizer.type"),
        Damage("normalizer", #"{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"NFKC"}]}"#, "normalizer.normalizers[1].type"),
        Damage("post_processor", #"{"type":"TemplateProcessing"}"#, "post_processor.type"), Damage("post_processor", #"{"type":"Bert"}"#, "post_processor.type"),
        Damage("pre_tokenizer", nil, "pre_tokenizer"), Damage("pre_tokenizer", "null", "pre_tokenizer"),
        Damage("pre_tokenizer", #"{"type":"Whitespace"}"#, "pre_tokenizer.type"), Damage("pre_tokenizer", #"{"type":"Sequence","pretokenizers":[]}"#, "pre_tokenizer"),
        Damage("pre_tokenizer", #"{"type":"ByteLevel"}"#, "pre_tokenizer.add_prefix_space"),
        Damage("pre_tokenizer", #"{"type":"Sequence","pretokenizers":[\#(byteLevel),\#(byteLevel)]}"#, "pre_tokenizer.pretokenizers[0].type"),
        Damage("pre_tokenizer", #"{"type":"Digits","individual_digits":true}"#, "pre_tokenizer.type"), Damage("pre_tokenizer", split(#"{"Regex":"(?<=a)"}"#), "pre_tokenizer.pretokenizers[0].pattern.Regex"),
        Damage("pre_tokenizer", split(#"{"Regex":7}"#), "pre_tokenizer.pretokenizers[0].pattern.Regex"), Damage("pre_tokenizer", split("{}"), "pre_tokenizer.pretokenizers[0].pattern.String"),
        Damage("pre_tokenizer", split(#"{"String":"x"}"#, behavior: "Sideways"), "pre_tokenizer.pretokenizers[0].behavior"),
        Damage("added_tokens", "{}", "added_tokens"), Damage("added_tokens", "[{}]", "added_tokens[0].content"), Damage("added_tokens", added(""), "added_tokens[0].content"),
        Damage("added_tokens", added("<s>", id: "2"), "added_tokens[0]"), Damage("added_tokens", added("ab", id: "9"), "added_tokens[0]"),
        Damage("added_tokens", added("<s>", id: "true"), "added_tokens[0].id"), Damage("added_tokens", "[\(added("<s>").dropFirst().dropLast()),\(added("<s>", id: "9").dropFirst().dropLast())]", "added_tokens[1]"),
    ])
    func damage(damage: Damage) throws {
        let error = try #require(refusal(of: Self.file(damage.changes)))
        #expect(error.field == damage.field, "\(error)")
        #expect(error.file == "t.json")
    }

    private static func split(_ pattern: String, behavior: String = "Isolated") -> String {
        #"{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":\#(pattern),"behavior":"\#(behavior)","invert":false},\#(byteLevel)]}"#
    }

    private static func added(_ content: String, id: String = "4") -> String {
        #"[{"id":\#(id),"content":"\#(content)","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}]"#
    }

    @Test("text that is not JSON is refused", arguments: [
        "", "{", "[", "nul", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "[1,]", "[1 2]", "\"", "\"\\x\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\n\"", "01", "1.", "+1", "1e999", "-",
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
        #expect { try BytePairTokenizer(contentsOf: "/nowhere") } throws: { ($0 as? TokenizerError)?.file == "/nowhere/tokenizer.json" }
    }

    @Test("a file cut off or with a wrong byte anywhere is read or refused, never a trap")
    func mutations() {
        let bytes = Array(Self.file(["pre_tokenizer": Self.split(#"{"Regex":"[ab]"}"#).replacing("\"use_regex\":true", with: "\"use_regex\":false")]).utf8)
        for end in bytes.indices { #expect(throws: TokenizerError.self) { try BytePairTokenizer(json: Array(bytes[..<end]), file: "t.json") } }
        var refused = 0
        for position in bytes.indices {
            for byte in Array("\"\\]:0a".utf8) + [0x80] {
                var damaged = bytes
                damaged[position] = byte
                do { _ = try BytePairTokenizer(json: damaged, file: "t.json").encode("ab ba<s>") } catch { refused += 1 }
            }
        }
        #expect(refused > bytes.count)
    }
}
