internal import JSON

/// A byte-level BPE tokenizer that nobody trained: all bytes, then the beginnings of words, then MiniMax's special
/// tokens.
///
/// The words are common English ones, and behind them all strings in which consonants and vowels take turns, shortest
/// first, until the vocabulary is full. A word's token is made from the token without its last letter, as if merges had
/// been learnt from left to right; so every token but bytes and special ones has its merge, every id decodes, and every
/// text can be encoded.
struct SyntheticTokenizer: Sendable, Equatable {
    let vocabulary: Int

    static let byteCount = 256
    static let bos = "<beginning_of_sentence>"
    static let eos = "<end_of_sentence>"
    /// The last ids, in this order.
    static let specials = [
        "<end_of_document>", "<begin_of_document>", eos, bos, "<function_call>", "<code_interpreter>", "<image>",
        "<reserved_0>",
    ]

    /// The id of a special token.
    func id(of special: String) -> Int {
        vocabulary - Self.specials.count + (Self.specials.firstIndex(of: special) ?? 0)
    }

    /// The files that lie beside the weights: name and content.
    var files: [(name: String, content: JSONValue)] {
        [
            ("tokenizer.json", tokenizerFile), ("tokenizer_config.json", settings),
            ("generation_config.json", generation),
        ]
    }

    // MARK: tokenizer.json

    private var tokenizerFile: JSONValue {
        let words = Array(Words.prefixes.prefix(vocabulary - Self.byteCount - Self.specials.count))
        let tokens = Self.bytes + words
        return [
            "version": "1.0",
            "truncation": .null,
            "padding": .null,
            "added_tokens": .array(
                Self.specials.map { special in
                    .object([.init(name: "id", value: .int(id(of: special)))] + Self.description(of: special))
                }),
            "normalizer": .null,
            "pre_tokenizer": [
                "type": "Sequence",
                "pretokenizers": [["type": "Digits", "individual_digits": true], Self.byteLevel(prefixSpace: false)],
            ],
            "post_processor": .null,
            "decoder": Self.byteLevel(prefixSpace: true),
            "model": [
                "type": "BPE", "dropout": .null, "unk_token": .null, "continuing_subword_prefix": .null,
                "end_of_word_suffix": .null,
                "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
                "vocab": .object(tokens.enumerated().map { .init(name: $1, value: .int($0)) }),
                "merges": .array(words.map { [.string(String($0.dropLast())), .string(String($0.suffix(1)))] }),
            ],
        ]
    }

    /// The characters in which byte-level vocabularies spell bytes, in the usual order: visible Latin-1, then those for
    /// the other bytes.
    private static let bytes: [String] =
        [0x21 ... 0x7E, 0xA1 ... 0xAC, 0xAE ... 0xFF, 0x100 ... 0x143].joined().compactMap {
            Unicode.Scalar(UInt32($0)).map { String($0) }
        }

    private static func byteLevel(prefixSpace: Bool) -> JSONValue {
        ["type": "ByteLevel", "add_prefix_space": .bool(prefixSpace), "trim_offsets": true, "use_regex": true]
    }

    /// What both files say of a special token.
    private static func description(of special: String) -> [JSONValue.Member] {
        [.init(name: "content", value: .string(special))]
            + ["single_word", "lstrip", "rstrip", "normalized"].map { .init(name: $0, value: false) } + [
                .init(name: "special", value: true)
            ]
    }

    // MARK: tokenizer_config.json and generation_config.json

    private var settings: JSONValue {
        [
            "add_bos_token": false,
            "add_prefix_space": false,
            "added_tokens_decoder": .object(
                Self.specials.map { .init(name: "\(id(of: $0))", value: .object(Self.description(of: $0))) }),
            "bos_token": .string(Self.bos),
            "chat_template": .string(Self.chatTemplate),
            "clean_up_tokenization_spaces": false,
            "eos_token": .string(Self.eos),
            "model_max_length": 10_240_000,
            "tokenizer_class": "PreTrainedTokenizerFast",
            "unk_token": "<end_of_document>",
        ]
    }

    private var generation: JSONValue {
        ["bos_token_id": .int(id(of: Self.bos)), "do_sample": false, "eos_token_id": .int(id(of: Self.eos))]
    }

    /// MiniMax-Text-01's, but a message may be one string too.
    private static let chatTemplate = """
        {% for message in messages %}\
        {% if message['content'] is string %}{% set text = message['content'] %}\
        {% else %}{% set ns = namespace(t='') %}\
        {% for item in message['content'] %}\
        {% if item['type'] == 'text' %}{% set ns.t = ns.t + item['text'] %}{% endif %}\
        {% endfor %}{% set text = ns.t %}{% endif %}\
        {% if message['role'] == 'system' %}\
        {{ '<beginning_of_sentence>system ai_setting=assistant\\n' + text + '<end_of_sentence>\\n' }}\
        {% elif message['role'] == 'user' %}\
        {{ '<beginning_of_sentence>user name=user\\n' + text + '<end_of_sentence>\\n' }}\
        {% elif message['role'] == 'assistant' %}\
        {{ '<beginning_of_sentence>ai name=assistant\\n' + text + '<end_of_sentence>\\n' }}{% endif %}\
        {% endfor %}{% if add_generation_prompt %}{{ '<beginning_of_sentence>ai name=assistant\\n' }}{% endif %}
        """
}
