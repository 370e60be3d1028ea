import JSON
import Testing

@testable import Router

/// One wrong body, the parameter that must be named, and the code that tells why.
struct WrongBody: Sendable, CustomStringConvertible {
    let extra: String
    let param: String
    let code: String?
    var description: String { extra }

    init(_ extra: String, _ param: String, _ code: String?) {
        (self.extra, self.param, self.code) = (extra, param, code)
    }
}

@Suite("Wrong parameters") struct ParameterErrorTests {
    private static let shared = [
        WrongBody(#""model":7"#, "model", "invalid_type"),
        WrongBody(#""temperature":"hot""#, "temperature", "invalid_type"),
        WrongBody(#""temperature":2.01"#, "temperature", "decimal_above_max_value"),
        WrongBody(#""temperature":-0.1"#, "temperature", "decimal_below_min_value"),
        WrongBody(#""temperature":1e999"#, "temperature", "decimal_above_max_value"),
        WrongBody(#""top_p":[]"#, "top_p", "invalid_type"),
        WrongBody(#""top_p":-0.1"#, "top_p", "decimal_below_min_value"),
        WrongBody(#""top_p":1.1"#, "top_p", "decimal_above_max_value"),
        WrongBody(#""top_k":1.5"#, "top_k", "invalid_type"),
        WrongBody(#""top_k":-2"#, "top_k", "integer_below_min_value"),
        WrongBody(#""top_k":99999999999999999999999"#, "top_k", "integer_above_max_value"),
        WrongBody(#""min_p":true"#, "min_p", "invalid_type"),
        WrongBody(#""min_p":1.5"#, "min_p", "decimal_above_max_value"),
        WrongBody(#""presence_penalty":"1""#, "presence_penalty", "invalid_type"),
        WrongBody(#""presence_penalty":2.5"#, "presence_penalty", "decimal_above_max_value"),
        WrongBody(#""frequency_penalty":{}"#, "frequency_penalty", "invalid_type"),
        WrongBody(#""frequency_penalty":-2.5"#, "frequency_penalty", "decimal_below_min_value"),
        WrongBody(#""repetition_penalty":"x""#, "repetition_penalty", "invalid_type"),
        WrongBody(#""repetition_penalty":0"#, "repetition_penalty", "decimal_below_min_value"),
        WrongBody(#""repetition_penalty":-1"#, "repetition_penalty", "decimal_below_min_value"),
        WrongBody(#""logit_bias":[1]"#, "logit_bias", "invalid_type"),
        WrongBody(#""logit_bias":{"x":1}"#, "logit_bias", "invalid_token_id"),
        WrongBody(#""logit_bias":{"4096":1}"#, "logit_bias", "invalid_token_id"),
        WrongBody(#""logit_bias":{"-1":1}"#, "logit_bias", "invalid_token_id"),
        WrongBody(#""logit_bias":{"5":101}"#, "logit_bias", "decimal_above_max_value"),
        WrongBody(#""logit_bias":{"5":"1"}"#, "logit_bias", "invalid_type"),
        WrongBody(#""seed":"abc""#, "seed", "invalid_type"),
        WrongBody(#""seed":1.5"#, "seed", "invalid_type"),
        WrongBody(#""seed":9223372036854775808"#, "seed", "integer_above_max_value"),
        WrongBody(#""seed":-9223372036854775809"#, "seed", "integer_below_min_value"),
        WrongBody(#""seed":-99999999999999999999"#, "seed", "integer_below_min_value"),
        WrongBody(#""stop":5"#, "stop", "invalid_type"),
        WrongBody(#""stop":"""#, "stop", "empty_string"),
        WrongBody(#""stop":["a",""]"#, "stop[1]", "empty_string"),
        WrongBody(#""stop":["a",null]"#, "stop[1]", "invalid_type"),
        WrongBody(#""bad_words":"a""#, "bad_words", "invalid_type"),
        WrongBody(#""bad_words":["a",""]"#, "bad_words[1]", "empty_string"),
        WrongBody(#""bad_words":[3]"#, "bad_words[0]", "invalid_type"),
        WrongBody(
            #""bad_words":["\#(String(repeating: "x", count: 257))"]"#, "bad_words[0]", "string_above_max_length"),
        WrongBody(
            #""bad_words":["a"\#(String(repeating: #","b""#, count: 256))]"#, "bad_words", "array_above_max_length"),
        WrongBody(#""prompt_logprobs":true"#, "prompt_logprobs", "invalid_type"),
        WrongBody(#""prompt_logprobs":-1"#, "prompt_logprobs", "integer_below_min_value"),
        WrongBody(#""prompt_logprobs":21"#, "prompt_logprobs", "integer_above_max_value"),
        WrongBody(#""prompt_logprobs":1,"stream":true"#, "prompt_logprobs", nil),
        WrongBody(
            #""stop":["1","2","3","4","5","6","7","8","9","10","11","12","13","14","15","16","17"]"#, "stop",
            "array_above_max_length"),
        WrongBody(#""n":"two""#, "n", "invalid_type"),
        WrongBody(#""n":0"#, "n", "integer_below_min_value"),
        WrongBody(#""n":129"#, "n", "integer_above_max_value"),
        WrongBody(#""cache_salt":"""#, "cache_salt", "invalid_value"),
        WrongBody(#""cache_salt":7"#, "cache_salt", "invalid_value"),
        WrongBody(#""cache_prompt":"yes""#, "cache_prompt", "invalid_type"),
        WrongBody(#""prompt_cache_key":7"#, "prompt_cache_key", "invalid_type"),
        WrongBody(#""best_of":"3""#, "best_of", "invalid_type"),
        WrongBody(#""stop":["a","\#(String(repeating: "x", count: 257))"]"#, "stop[1]", "string_above_max_length"),
        WrongBody(#""min_tokens":-1"#, "min_tokens", "integer_below_min_value"),
        WrongBody(#""min_tokens":3,"max_tokens":2"#, "min_tokens", "integer_above_max_value"),
        WrongBody(#""stop_token_ids":7"#, "stop_token_ids", "invalid_type"),
        WrongBody(#""stop_token_ids":[1,4096]"#, "stop_token_ids", "integer_above_max_value"),
        WrongBody(#""include_stop_str_in_output":1"#, "include_stop_str_in_output", "invalid_type"),
        WrongBody(#""skip_special_tokens":"no""#, "skip_special_tokens", "invalid_type"),
        WrongBody(#""return_token_ids":[]"#, "return_token_ids", "invalid_type"),
        WrongBody(#""return_tokens_as_token_ids":0"#, "return_tokens_as_token_ids", "invalid_type"),
        WrongBody(#""truncate_prompt_tokens":"all""#, "truncate_prompt_tokens", "invalid_type"),
        WrongBody(#""truncate_prompt_tokens":-2"#, "truncate_prompt_tokens", "integer_below_min_value"),
        WrongBody(#""truncate_prompt_tokens":0"#, "truncate_prompt_tokens", "integer_below_min_value"),
        WrongBody(#""truncation_side":"middle""#, "truncation_side", "invalid_value"),
        WrongBody(#""add_special_tokens":1"#, "add_special_tokens", "invalid_type"),
        WrongBody(#""priority":"urgent""#, "priority", "invalid_value"),
        WrongBody(#""priority":1.5"#, "priority", "invalid_type"),
        WrongBody(#""priority":true"#, "priority", "invalid_type"),
        WrongBody(#""response_format":"json""#, "response_format", "invalid_type"),
        WrongBody(#""response_format":{"type":"json_object"}"#, "response_format", "unsupported_parameter"),
        WrongBody(
            #""stream":true,"stream_options":{"continuous_usage_stats":1}"#, "stream_options.continuous_usage_stats",
            "invalid_type"),
        WrongBody(#""stream":"yes""#, "stream", "invalid_type"),
        WrongBody(#""stream":true,"stream_options":7"#, "stream_options", "invalid_type"),
        WrongBody(
            #""stream":true,"stream_options":{"include_usage":1}"#, "stream_options.include_usage", "invalid_type"),
        WrongBody(#""stream_options":{"include_usage":true}"#, "stream_options", nil),
        WrongBody(#""max_tokens":"many""#, "max_tokens", "invalid_type"),
        WrongBody(#""max_tokens":0"#, "max_tokens", "integer_below_min_value"),
        WrongBody(#""max_tokens":-5"#, "max_tokens", "integer_below_min_value"),
        WrongBody(#""max_tokens":1.5"#, "max_tokens", "invalid_type"),
        WrongBody(#""max_completion_tokens":[]"#, "max_completion_tokens", "invalid_type"),
        WrongBody(#""max_completion_tokens":0"#, "max_completion_tokens", "integer_below_min_value"),
        WrongBody(#""user":5"#, "user", "invalid_type"),
        WrongBody(#""ignore_eos":"no""#, "ignore_eos", "invalid_type"),
    ]

    private static let chat = [
        WrongBody(#""best_of":3"#, "best_of", "unsupported_parameter"),
        WrongBody(#""messages":null"#, "messages", "missing_required_parameter"),
        WrongBody(#""messages":"hello""#, "messages", "invalid_type"),
        WrongBody(#""messages":[]"#, "messages", "empty_array"),
        WrongBody(#""messages":["hi"]"#, "messages[0]", "invalid_type"),
        WrongBody(#""messages":[{"content":"hi"}]"#, "messages[0].role", "missing_required_parameter"),
        WrongBody(#""messages":[{"role":1,"content":"hi"}]"#, "messages[0].role", "invalid_type"),
        WrongBody(#""messages":[{"role":"king","content":"hi"}]"#, "messages[0].role", "invalid_value"),
        WrongBody(#""messages":[{"role":"user"}]"#, "messages[0].content", "missing_required_parameter"),
        WrongBody(#""messages":[{"role":"user","content":null}]"#, "messages[0].content", "missing_required_parameter"),
        WrongBody(#""messages":[{"role":"user","content":5}]"#, "messages[0].content", "invalid_type"),
        WrongBody(#""messages":[{"role":"user","content":[5]}]"#, "messages[0].content[0]", "invalid_type"),
        WrongBody(
            #""messages":[{"role":"user","content":[{"text":"a"}]}]"#, "messages[0].content[0].type",
            "missing_required_parameter"),
        WrongBody(
            #""messages":[{"role":"user","content":[{"type":"text"}]}]"#, "messages[0].content[0].text",
            "missing_required_parameter"),
        WrongBody(
            #""messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"x"}}]}]"#,
            "messages[0].content[1]", "unsupported_parameter"),
        WrongBody(#""messages":[{"role":"user","content":"a","name":7}]"#, "messages[0].name", "invalid_type"),
        WrongBody(#""logprobs":1"#, "logprobs", "invalid_type"),
        WrongBody(#""logprobs":true,"top_logprobs":21"#, "top_logprobs", "integer_above_max_value"),
        WrongBody(#""logprobs":true,"top_logprobs":-1"#, "top_logprobs", "integer_below_min_value"),
        WrongBody(#""logprobs":true,"top_logprobs":"3""#, "top_logprobs", "invalid_type"),
        WrongBody(#""top_logprobs":3"#, "top_logprobs", nil),
        WrongBody(#""modalities":["audio"]"#, "modalities", "unsupported_parameter"),
        WrongBody(#""audio":{"voice":"x"}"#, "audio", "unsupported_parameter"),
        WrongBody(#""functions":[{"name":"f"}]"#, "functions", "unsupported_parameter"),
        WrongBody(#""function_call":{"name":"f"}"#, "function_call", "unsupported_parameter"),
        WrongBody(#""tools":{}"#, "tools", "invalid_type"),
        WrongBody(#""tools":[1]"#, "tools[0]", "invalid_type"),
        WrongBody(#""tools":[{"type":"retrieval"}]"#, "tools[0].type", "invalid_value"),
        WrongBody(#""tools":[{"type":"function"}]"#, "tools[0].function", "missing_required_parameter"),
        WrongBody(
            #""tools":[{"type":"function","function":{}}]"#, "tools[0].function.name", "missing_required_parameter"),
        WrongBody(#""tool_choice":"required""#, "tool_choice", "invalid_value"),
        WrongBody(#""tool_choice":"sometimes""#, "tool_choice", "invalid_value"),
        WrongBody(#""tool_choice":{"type":"function"}"#, "tool_choice.function.name", "missing_required_parameter"),
        WrongBody(#""tool_choice":{"type":"function","function":{"name":"f"}}"#, "tool_choice", "invalid_value"),
        WrongBody(#""tool_choice":{"type":"custom"}"#, "tool_choice", "unsupported_parameter"),
        WrongBody(#""continue_final_message":true"#, "continue_final_message", "invalid_value"),
        WrongBody(
            #""continue_final_message":true,"add_generation_prompt":true"#, "continue_final_message", "invalid_value"),
        WrongBody(#""tool_choice":3"#, "tool_choice", "invalid_type"),
    ]

    private static let completion = [
        WrongBody(#""prompt":"""#, "prompt", "empty_prompt"),
        WrongBody(#""prompt":[]"#, "prompt", "empty_prompt"),
        WrongBody(#""prompt":[""]"#, "prompt", "empty_prompt"),
        WrongBody(#""prompt":[[]]"#, "prompt", "empty_prompt"),
        WrongBody(#""prompt":7"#, "prompt", "invalid_type"),
        WrongBody(#""prompt":[1,"a"]"#, "prompt", "invalid_type"),
        WrongBody(#""prompt":["a",1]"#, "prompt", "invalid_type"),
        WrongBody(#""prompt":[1,2.5]"#, "prompt", "invalid_type"),
        WrongBody(#""prompt":[1,4096]"#, "prompt", "integer_above_max_value"),
        WrongBody(#""prompt":[-1]"#, "prompt", "integer_below_min_value"),
        WrongBody(#""prompt":[99999999999999999999]"#, "prompt", "integer_above_max_value"),
        WrongBody(#""prompt":[[1],[2,5000]]"#, "prompt", "integer_above_max_value"),
        WrongBody(#""logprobs":true"#, "logprobs", "invalid_type"),
        WrongBody(#""logprobs":21"#, "logprobs", "integer_above_max_value"),
        WrongBody(#""logprobs":-1"#, "logprobs", "integer_below_min_value"),
        WrongBody(#""echo":"yes""#, "echo", "invalid_type"),
        WrongBody(#""suffix":"end""#, "suffix", "unsupported_parameter"),
        WrongBody(#""echo":true,"max_tokens":-1"#, "max_tokens", "integer_below_min_value"),
    ]

    /// The wrong value comes last, where it wins over the right one of the same name.
    private func check(_ cases: [WrongBody], _ path: String, right: String) async throws {
        let generator = ScriptedGenerator.saying([100])
        try await withFront(generator) { client in
            for wrong in cases {
                let answer = try await client.post(path, "{\(right),\(wrong.extra)}")
                #expect(answer.status == 400, "\(wrong): \(answer.body)")
                #expect(answer.error["type"] == "invalid_request_error", "\(wrong): \(answer.body)")
                #expect(answer.error["param"] == .string(wrong.param), "\(wrong): \(answer.body)")
                #expect(answer.error["code"] == .text(wrong.code), "\(wrong): \(answer.body)")
                guard case .string(let message)? = answer.error["message"] else {
                    Issue.record("no message for \(wrong)")
                    continue
                }
                #expect(
                    message.contains(wrong.param.split(separator: "[")[0].split(separator: ".")[0])
                        || wrong.code == "invalid_value", "\(wrong): \(message)")
            }
            #expect(try await client.post(path, "{\(right)}").status == 200)
        }
        #expect(generator.requests.count == 1, "a refused request reached the engine")
    }

    @Test("every wrong chat parameter is a 400 that names it")
    func chatParameters() async throws {
        try await check(
            Self.shared + Self.chat, "/v1/chat/completions", right: #""messages":[{"role":"user","content":"hi"}]"#)
    }

    @Test("every wrong completion parameter is a 400 that names it")
    func completionParameters() async throws {
        try await check(Self.shared + Self.completion, "/v1/completions", right: #""prompt":"hi""#)
    }

    @Test(
        "a body that is no JSON object is a 400",
        arguments: [
            "", "hello", "[]", "null", "{", #"{"prompt":"a",}"#, #"{"prompt":"\ud800"}"#,
            String(repeating: "[", count: 100_000), #"{"prompt":NaN}"#,
        ])
    func notAnObject(body: String) async throws {
        try await withFront(ScriptedGenerator.saying([100])) { client in
            for path in ["/v1/completions", "/v1/chat/completions"] {
                let answer = try await client.post(path, body)
                #expect(answer.status == 400)
                #expect(answer.error["code"] == "invalid_json")
            }
        }
    }

    @Test("null, harmless and unknown parameters are accepted")
    func lenient() async throws {
        try await withFront(ScriptedGenerator.saying([100])) { client in
            let nulls = [
                "model", "temperature", "top_p", "n", "stop", "logit_bias", "seed", "user", "max_tokens", "stream",
                "stream_options", "logprobs", "tools", "response_format",
            ]
            .map { #""\#($0)":null"# }.joined(separator: ",")
            let harmless =
                #""store":true,"metadata":{"a":"b"},"parallel_tool_calls":false,"service_tier":"auto","reasoning_effort":"low","whatever":[1]"#
            let chat = try await client.post(
                "/v1/chat/completions",
                #"{"messages":[{"role":"user","content":"hi"}],"response_format":{"type":"text"},"tool_choice":"auto","modalities":["text"],\#(harmless)}"#
            )
            #expect(chat.status == 200, "\(chat.body)")
            #expect(
                try await client.post(
                    "/v1/chat/completions", #"{"messages":[{"role":"user","content":"hi"}],\#(nulls)}"#
                ).status == 200)
            #expect(
                try await client.post(
                    "/v1/completions", #"{"prompt":"hi","best_of":1,"suffix":"","top_k":-1,\#(harmless)}"#
                ).status == 200)
            #expect(try await client.post("/v1/completions", #"{"prompt":"hi",\#(nulls)}"#).status == 200)
        }
    }
}
