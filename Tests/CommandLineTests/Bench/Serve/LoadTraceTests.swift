import Console
import Testing

@testable import Benchmarks

@Suite("Load trace") struct LoadTraceTests {
    @Test("a line is a request; they are sorted by their times, and empty lines are none")
    func read() throws {
        let items = try LoadTrace.read(
            Array(
                """
                {"at": 2.5, "prompt_tokens": 100, "answer_tokens": 20, "key": "A", "priority": "high"}

                {"at": 0, "prompt_tokens": 1, "answer_tokens": 2.0, "key": "B", "priority": null}\r
                """.utf8))
        #expect(
            items == [
                LoadItem(at: 0, promptTokens: 1, answerTokens: 2, key: "B"),
                LoadItem(at: 2.5, promptTokens: 100, answerTokens: 20, key: "A", priority: .high),
            ])
    }

    @Test(
        "what is no request is refused by its line",
        arguments: [
            ("[1]", "expected an object, found a list of 1"),
            ("{", "not JSON"),
            (#"{"at":1,"at":2,"prompt_tokens":1,"answer_tokens":1}"#, "occurs twice"),
            (#"{"prompt_tokens":1,"answer_tokens":1}"#, #""at" is missing"#),
            (#"{"at":-1,"prompt_tokens":1,"answer_tokens":1}"#, #""at" is -1, expected seconds from 0 on"#),
            (#"{"at":1e999,"prompt_tokens":1,"answer_tokens":1}"#, #""at" is"#),
            (#"{"at":1,"answer_tokens":1}"#, #""prompt_tokens" is missing"#),
            (
                #"{"at":1,"prompt_tokens":1.5,"answer_tokens":1}"#,
                #""prompt_tokens" is 1.5, expected a whole number from 1 to 1048576"#
            ),
            (#"{"at":1,"prompt_tokens":1,"answer_tokens":0}"#, #""answer_tokens" is 0"#),
            (
                #"{"at":1,"prompt_tokens":1,"answer_tokens":1,"kee":"A"}"#,
                #""kee" is none of at, prompt_tokens, answer_tokens, key, priority"#
            ),
            (#"{"at":1,"prompt_tokens":1,"answer_tokens":1,"key":"a b"}"#, #""key" is the string "a b""#),
            (
                #"{"at":1,"prompt_tokens":1,"answer_tokens":1,"priority":"urgent"}"#,
                #""priority" is the string "urgent", expected low, normal, high"#
            ),
            (#"{"at":1,"prompt_tokens":1,"answer_tokens":1,"key":"A"}"#, #"expected a "key" in all lines or in none"#),
        ])
    func refused(line: String, reason: String) {
        let text = #"{"at":0,"prompt_tokens":1,"answer_tokens":1}"# + "\n" + line
        let error = #expect(throws: StartError.self) { try LoadTrace.read(Array(text.utf8)) }
        #expect(
            error?.description.hasPrefix(", line 2: ") == true && error?.description.contains(reason) == true,
            "\(error?.description ?? "")")
    }

    @Test("a file without requests, or no file, is refused by name")
    func nothing() throws {
        #expect(throws: StartError(" has no request")) { try LoadTrace.read(Array("\n \n".utf8)) }
        #expect(throws: StartError("--trace /no/such cannot be read: No such file or directory")) {
            try LoadTrace.read(contentsOf: "/no/such")
        }
    }
}
