internal import JSON

/// Well-known parameters that would change an answer and that this server does not act on: each is a 400 by name unless
/// its value asks for what happens anyway. Together with those that are read, they cover what OpenAI's reference, vLLM,
/// llama.cpp and SGLang name.
struct UnsupportedParameter: Sendable {
    let name: String
    /// nil: all. What chats do not know, responses do not know either.
    let endpoint: Job.Kind?
    let harmless: [JSONValue]
    let reason: String

    init(_ name: String, _ endpoint: Job.Kind? = nil, unless harmless: JSONValue..., because reason: String) {
        (self.name, self.endpoint, self.harmless, self.reason) = (name, endpoint, harmless, reason)
    }

    func check(_ fields: RequestFields, of endpoint: Job.Kind) throws(APIError) {
        guard concerns(endpoint), let value = fields.value(name) else { return }
        guard !harmless.contains(where: { $0 == value || $0.double != nil && $0.double == value.double }) else {
            return
        }
        throw .notSupported(name, refusal)
    }

    /// Whether requests of this kind know it.
    func concerns(_ kind: Job.Kind) -> Bool { endpoint == nil || endpoint == (kind == .response ? .chat : kind) }

    /// What a client is told.
    var refusal: String { "'\(name)' is not supported\(exceptions): \(reason)" }

    private var exceptions: String {
        harmless.isEmpty ? "" : " unless it is " + harmless.map { $0.text() }.joined(separator: " or ")
    }
}

extension UnsupportedParameter {
    static let all = constraints + prompts + samplers + answers

    static func all(of kind: Job.Kind) -> [UnsupportedParameter] { all.filter { $0.concerns(kind) } }

    private static let noGrammar = "answers cannot be constrained to a grammar, a schema or a choice."

    private static let constraints =
        [
            "structured_outputs", "structural_tag", "guided_json", "guided_regex", "guided_choice", "guided_grammar",
            "guided_decoding_backend",
            "guided_whitespace_pattern", "json_schema", "regex", "ebnf",
        ].map { UnsupportedParameter($0, because: noGrammar) } + [
            UnsupportedParameter("grammar", unless: "", because: noGrammar),
            UnsupportedParameter("allowed_token_ids", because: "use 'logit_bias' to favour some tokens."),
            UnsupportedParameter("stop_regex", unless: "", [], because: "use 'stop' or 'stop_token_ids'."),
            UnsupportedParameter("logits_processors", unless: [], because: "requests cannot bring code."),
            UnsupportedParameter("custom_logit_processor", because: "requests cannot bring code."),
            UnsupportedParameter("repetition_detection", unless: [:], because: "nothing watches for repetitions."),
            UnsupportedParameter("vllm_xargs", unless: [:], because: "there are no plugins that would read it."),
        ]

    private static let prompts = [
        UnsupportedParameter("prompt", .chat, because: "send 'messages', or use /v1/completions."),
        UnsupportedParameter(
            "messages", .completion, unless: [], because: "send 'prompt', or use /v1/chat/completions."),
        UnsupportedParameter("tools", .completion, unless: [], because: "use /v1/chat/completions."),
        UnsupportedParameter("suffix", unless: "", because: "this model cannot fill in the middle."),
        UnsupportedParameter("prompt_embeds", because: "prompts are text or token ids."),
        UnsupportedParameter("echo", .chat, unless: false, because: "the prompt of a chat is not repeated."),
        UnsupportedParameter("chat_template", .chat, because: "the model's own template is used."),
        UnsupportedParameter("documents", .chat, unless: [], because: "put them into the messages."),
        UnsupportedParameter("functions", .chat, unless: [], because: "it was replaced by 'tools'."),
        UnsupportedParameter(
            "function_call", .chat, unless: "none", "auto", because: "it was replaced by 'tool_choice'."),
        UnsupportedParameter("web_search_options", .chat, because: "this server does not search the web."),
        UnsupportedParameter("prompt_truncate_len", because: "use 'truncate_prompt_tokens'."),
        UnsupportedParameter("session_params", because: "use 'session_id' and /v1/sessions."),
        UnsupportedParameter("lora", unless: [], because: "there are no adapters."),
        UnsupportedParameter("lora_path", because: "there are no adapters."),
    ]

    private static let samplers = [
        UnsupportedParameter("use_beam_search", unless: false, because: "answers are sampled."),
        UnsupportedParameter("length_penalty", unless: 1, because: "it belongs to beam search."),
        UnsupportedParameter("early_stopping", unless: false, because: "it belongs to beam search."),
        UnsupportedParameter("samplers", because: "the order of the samplers is fixed."),
        UnsupportedParameter("typical_p", unless: 1, because: "use 'top_p', 'top_k' or 'min_p'."),
        UnsupportedParameter("tfs_z", unless: 1, because: "use 'top_p', 'top_k' or 'min_p'."),
        UnsupportedParameter("top_a", unless: 0, because: "use 'top_p', 'top_k' or 'min_p'."),
        UnsupportedParameter("top_n_sigma", unless: -1, 0, because: "use 'top_p', 'top_k' or 'min_p'."),
        UnsupportedParameter("min_keep", unless: 0, 1, because: "use 'top_p', 'top_k' or 'min_p'."),
        UnsupportedParameter("mirostat", unless: 0, because: "use 'temperature'."),
        UnsupportedParameter("dynatemp_range", unless: 0, because: "use 'temperature'."),
        UnsupportedParameter("xtc_probability", unless: 0, because: "likely tokens are not left out."),
        UnsupportedParameter(
            "dry_multiplier", unless: 0, because: "use 'repetition_penalty', 'presence_penalty' or 'frequency_penalty'."
        ),
        UnsupportedParameter("repeat_penalty", unless: 1, because: "use 'repetition_penalty'."),
        UnsupportedParameter("min_new_tokens", unless: 0, because: "use 'min_tokens'."),
        UnsupportedParameter("n_predict", because: "use 'max_tokens'."),
        UnsupportedParameter("t_max_predict_ms", unless: -1, 0, because: "use 'timeout'."),
    ]

    private static let answers = [
        UnsupportedParameter("modalities", .chat, unless: ["text"], because: "this model answers in text."),
        UnsupportedParameter("audio", .chat, because: "this model answers in text."),
        UnsupportedParameter(
            "verbosity", .chat, unless: "medium",
            because: "this model was not trained to follow it; ask for it in the messages."),
        UnsupportedParameter("top_logprobs", .completion, because: "'logprobs' itself tells how many alternatives."),
        UnsupportedParameter("logprob_token_ids", because: "log-probabilities are of the most likely tokens."),
        UnsupportedParameter("n_probs", unless: 0, because: "use 'logprobs'."),
        UnsupportedParameter("post_sampling_probs", unless: false, because: "log-probabilities are the model's own."),
        UnsupportedParameter("return_tokens", unless: false, because: "use 'return_token_ids'."),
        UnsupportedParameter("return_hidden_states", unless: false, because: "hidden states stay inside."),
        UnsupportedParameter("response_fields", unless: [], because: "answers have all their fields."),
        UnsupportedParameter("no_stop_trim", unless: false, because: "use 'include_stop_str_in_output'."),
        UnsupportedParameter("n_indent", unless: 0, because: "lines are not counted."),
    ]
}

// Of requests about sessions, which have no answer.
extension UnsupportedParameter {
    /// Of `POST /v1/sessions`: what would change the prompt of a chat, and what asks for something else.
    static let ofSessions =
        prompts.filter { !["prompt", "messages", "tools"].contains($0.name) } + [
            UnsupportedParameter("stream", unless: false, because: "a new session has no answer."),
            UnsupportedParameter(
                "chat_template_kwargs", unless: [:], because: "sessions are rendered without variables of their own."),
            UnsupportedParameter("tools", unless: [], because: "send them with each request that brings 'session_id'."),
            UnsupportedParameter("tool_choice", unless: "none", "auto", because: "a new session has no answer."),
            UnsupportedParameter(
                "add_generation_prompt", unless: false, because: "an answer begins with the request for it."),
            UnsupportedParameter(
                "continue_final_message", unless: false, because: "the request for an answer goes on with a session."),
            UnsupportedParameter("session_id", because: "use /v1/sessions/ID/fork."),
            UnsupportedParameter("truncate_prompt_tokens", because: "a session has all that it is made of."),
        ]

    /// Of `POST /v1/sessions/ID/rewind`.
    static let ofRewinding = UnsupportedParameter("metadata", because: "a session keeps its own; fork it instead.")
}

// Of requests that generate nothing.
extension UnsupportedParameter {
    /// Of `POST /tokenize`.
    static let ofTokenizing =
        prompts.filter { !["prompt", "messages", "prompt_truncate_len"].contains($0.name) } + [
            UnsupportedParameter("truncate_prompt_tokens", because: "all tokens are told.")
        ]

    /// Of `POST /v1/embeddings`.
    static let ofEmbeddings = [
        UnsupportedParameter("messages", unless: [], because: "send 'input'."),
        UnsupportedParameter("prompt", because: "send 'input'."),
        UnsupportedParameter("stream", unless: false, because: "all embeddings come together."),
        UnsupportedParameter("normalize", unless: true, because: "embeddings have the length 1."),
        UnsupportedParameter("use_activation", unless: true, because: "embeddings have the length 1."),
        UnsupportedParameter("embed_dtype", unless: "float32", because: "numbers are float32."),
        UnsupportedParameter("endianness", unless: "native", "little", because: "numbers are little-endian."),
        UnsupportedParameter("session_id", because: "embeddings are of whole texts."),
    ]
}

// What is neither read nor refused.
extension UnsupportedParameter {
    /// Well-known parameters that cannot change what this server answers, and so are accepted with any value.
    static let passedOver: Set<String> = [
        // Notes about the request.
        "metadata", "store", "user", "service_tier", "safety_identifier", "request_id", "rid", "client_metadata",
        // Caching and speed.
        "prompt_cache_key", "prompt_cache_retention", "prompt_cache_options", "cache_control", "prediction", "id_slot",
        "n_keep", "kv_transfer_params",
        // How much the model thinks, which is for its chat template to say.
        "reasoning", "reasoning_effort", "include_reasoning", "separate_reasoning", "thinking_token_budget",
        "thinking", "output_config", "context_management", "inference_geo", "container", "diagnostics",
        // A byte-level tokenizer puts no blanks between special tokens.
        "spaces_between_special_tokens",
        "mm_processor_kwargs", "timings_per_token", "chat_template_kwargs", "parallel_tool_calls",
        "tool_choice",
    ]

    /// The names in a request that nobody knows, once it was read.
    static func unknown(_ fields: RequestFields) -> [String] { fields.unasked.filter { !passedOver.contains($0) } }
}
