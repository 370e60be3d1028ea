import Chat
import Foundation
import JSON
import Testing
import Tokenizer

@testable import Router

/// Two turns of Claude Code 2.1.332: the shapes of its requests, with short texts.
@Suite("Anthropic's messages: Claude Code") struct ClaudeCodeTests {
    private static func body(_ messages: [JSONValue], cch: String, stream: Bool = true) -> JSONValue {
        let ephemeral: JSONValue = ["type": "ephemeral", "ttl": "1h"]
        let names = [
            "Agent", "Bash", "Edit", "Glob", "Grep", "Read", "Skill", "ToolSearch", "WebFetch", "WebSearch", "Write",
            "NotebookEdit",
        ]
        let tools = names.map { name -> JSONValue in
            let tool: KeyValuePairs<String, JSONValue> = [
                "name": .string(name), "description": .string("Does \(name)."),
                "input_schema": [
                    "type": "object", "properties": ["command": ["type": "string"]], "additionalProperties": false,
                ],
            ]
            let isDeferred = name == "NotebookEdit"
            return JSONValue(tool, and: isDeferred ? [JSONValue.Member(name: "defer_loading", value: true)] : [])
        }
        let system: [JSONValue] = [
            [
                "type": "text",
                "text": .string(
                    "x-anthropic-billing-header: cc_version=2.1.332.e51; cc_entrypoint=cli; cch=\(cch);"),
            ],
            [
                "type": "text", "text": "You are Claude Code, Anthropic's official CLI for Claude.",
                "cache_control": ephemeral,
            ],
            ["type": "text", "text": "\nYou help with software.", "cache_control": ephemeral],
        ]
        return [
            "model": "demo/model", "messages": .array(messages), "system": .array(system), "tools": .array(tools),
            "metadata": ["user_id": #"{"device_id":"d","session_id":"s"}"#], "max_tokens": .int(32_000),
            "thinking": ["type": "adaptive", "display": "omitted"],
            "context_management": ["edits": [["type": "clear_thinking_20251015", "keep": "all"]]],
            "output_config": ["effort": "high"], "stream": .bool(stream),
        ]
    }

    private static let user: JSONValue = [
        "role": "user",
        "content": [
            ["type": "text", "text": "<system-reminder>\nToday is Saturday.\n</system-reminder>"],
            ["type": "text", "text": "List the files."],
        ],
    ]
    private static let environment = "# Environment\nWorking directory: /tmp"
    private static let headers = [
        "anthropic-version": "2023-06-01", "anthropic-beta": "claude-code-20250219,interleaved-thinking-2025-05-14",
        "x-api-key": "k", "user-agent": "claude-cli/2.1.332 (external, cli)",
    ]
    private static let says = "I look." + modelCall("Bash", #"{"command": "ls -la"}"#)

    /// Both requests as the model sees them, the second with what the first was answered.
    private func twoTurns(_ config: FrontConfig) async throws -> [GenerationRequest] {
        let generator = ScriptedGenerator.saying(modelTokens(Self.says))
        try await withFront(generator, config) { client in
            let first = Self.body(
                [
                    Self.user,
                    [
                        "role": "system",
                        "content": [
                            ["type": "text", "text": .string(Self.environment), "cache_control": ["type": "ephemeral"]]
                        ],
                    ],
                ], cch: "a5145")
            let answer = try await client.post("/v1/messages?beta=true", first.text(), headers: Self.headers)
            #expect(answer.status == 200, "\(answer.body)")
            let message = JoinedMessage(answer.events)
            #expect(message.problems.isEmpty && message.isOver)
            #expect(message.end["delta"]?["stop_reason"] == "tool_use")
            let call = try #require(message.blocks.last)
            let input = try JSONReader.read(Array(call.text.utf8)), id = call.start["id"] ?? .null
            #expect(input == ["command": "ls -la"])

            let result: JSONValue = [
                "type": "tool_result", "tool_use_id": id, "content": "ls: no such folder", "is_error": true,
                "cache_control": ["type": "ephemeral"],
            ]
            let second = Self.body(
                [
                    Self.user, ["role": "system", "content": .string(Self.environment)],
                    [
                        "role": "assistant",
                        "content": [
                            ["type": "text", "text": .string(message.blocks[0].text)],
                            ["type": "tool_use", "id": id, "name": "Bash", "input": input],
                        ],
                    ],
                    ["role": "user", "content": [result]],
                ], cch: "0f00d", stream: false)
            let next = try await client.post("/v1/messages?beta=true", second.text(), headers: Self.headers)
            #expect(next.status == 200, "\(next.body)")
            let count = try await client.post(
                "/v1/messages/count_tokens?beta=true", second.text(), headers: Self.headers)
            #expect(count.json["input_tokens"] == next.json["usage"]?["input_tokens"])
        }
        let requests = generator.requests.sorted { $0.prompt.count < $1.prompt.count }
        try #require(requests.count == 2)
        return requests
    }

    @Test("the second turn begins with the messages of the first, where that one's state was kept")
    func turns() async throws {
        let requests = try await twoTurns(FrontConfig())
        let end = try #require(requests[0].keepAt.last)
        #expect(end > 50)
        #expect(requests[1].prompt.starts(with: requests[0].prompt.prefix(end)))
        let text = demoTokenizer.decode(requests[1].prompt, skippingSpecial: false)
        #expect(!text.contains("billing") && !text.contains("defer_loading") && text.contains("NotebookEdit"))
        #expect(text.contains(#"{"name": "Bash", "response": ls: no such folder}"#))
    }

    @Test("with tools in front, the second turn begins with all of the first, its answer included")
    func turnsWithToolsFirst() async throws {
        var config = FrontConfig()
        config.template = ChatTemplate(toolPlace: .behindSystem)
        let requests = try await twoTurns(config)
        #expect(requests[1].prompt.starts(with: requests[0].prompt + modelTokens(Self.says)))
    }
}
