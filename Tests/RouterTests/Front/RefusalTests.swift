import Foundation
import JSON
import Testing

@testable import Router

@Suite("What refusals repeat") struct RefusalTests {
    @Test("a short text comes back as it is, a long one cut")
    func length() {
        #expect("naïve 😀 text".echoed == "naïve 😀 text")
        let long = String(repeating: "x", count: 5000).echoed
        #expect(long == String(repeating: "x", count: 199) + "…")
        // One character of many scalars is not short.
        #expect(("e" + String(repeating: "\u{301}", count: 5000)).echoed.unicodeScalars.count == 200)
        #expect(String(repeating: "\u{1B}", count: 5000).echoed.unicodeScalars.count <= 200)
    }

    @Test("what steers a terminal or hides text is spelled out")
    func controls() {
        #expect("a\u{1B}[2Jb".echoed == #"a\u{1B}[2Jb"#)
        #expect("\n\u{7F}\u{9B}\u{202E}\u{2028}".echoed == #"\u{A}\u{7F}\u{9B}\u{202E}\u{2028}"#)
    }

    @Test("no refusal is long, whatever the request")
    func refusals() async throws {
        let long = String(repeating: "y", count: 70_000), digits = String(repeating: "9", count: 1_000_000)
        let marks = "a" + String(repeating: "\u{301}", count: 50_000)
        let shared = [
            #""model":"\#(long)""#, #""max_tokens":\#(digits)"#, #""max_tokens":-\#(digits)"#,
            #""temperature":\#(digits)"#, #""seed":\#(digits).5"#,
            #""logit_bias":{"\#(marks)":1}"#, #""logit_bias":{"5":\#(digits)}"#, #""priority":"\#(marks)""#,
            #""stop":["\#(long)"]"#,
            #""response_format":{"type":"\#(marks)"}"#, #""truncation_side":"\#(long)""#,
            #""stop_token_ids":[\#(digits)]"#, #""verbosity":"\#(long)""#,
            #""top_p":1\#(digits)e5"#,
        ]
        let chat = [
            #""messages":[{"role":"\#(marks)","content":"a"}]"#,
            #""messages":[{"role":"user","content":[{"type":"\#(long)"}]}]"#, #""tool_choice":"\#(long)""#,
        ]
        let completion = [#""prompt":[\#(digits)]"#, #""best_of":\#(digits)"#]
        try await withFront(ScriptedGenerator.saying([100])) { client in
            func check(_ path: String, _ right: String, _ wrongs: [String]) async throws {
                for wrong in wrongs {
                    let answer = try await client.post(path, "{\(right),\(wrong)}")
                    #expect(
                        (400 ..< 500).contains(answer.status) || wrong.contains("verbosity"),
                        "\(wrong.prefix(40)): \(answer.status)")
                    #expect(answer.body.utf8.count < 1500, "\(wrong.prefix(40)): \(answer.body.utf8.count) bytes")
                }
            }
            try await check("/v1/chat/completions", #""messages":[{"role":"user","content":"hi"}]"#, shared + chat)
            try await check("/v1/completions", #""prompt":"hi""#, shared + completion)
            for path in ["/v1/models/\(long.prefix(5000))", "/\(long.prefix(5000))"] {
                let answer = try await client.get(path)
                #expect(answer.status == 404)
                #expect(answer.body.utf8.count < 1000)
            }
            let encoded = try await client.get("/v1/models/a%1B%5B2J")
            #expect(encoded.error["message"] == .string(#"The model 'a\u{1B}[2J' does not exist."#))
        }
    }
}
