import Foundation
import JSON

@testable import Router

/// One event of a stream in Anthropic's form.
struct MessagesEvent: Equatable {
    let name: String
    let data: JSONValue
}

extension FrontClient.Answer {
    /// The events of the stream.
    var events: [MessagesEvent] { MessagesEvent.read(body) }
}

extension MessagesEvent {
    static func read(_ stream: String) -> [MessagesEvent] {
        stream.components(separatedBy: "\n\n").dropLast().map { event in
            let lines = event.components(separatedBy: "\n")
            let name = lines.first { $0.hasPrefix("event: ") }?.dropFirst(7) ?? ""
            let data = lines.first { $0.hasPrefix("data: ") }?.dropFirst(6) ?? ""
            return MessagesEvent(name: String(name), data: (try? JSONReader.read(Array(data.utf8))) ?? .null)
        }
    }
}

/// Puts together what the events of a stream tell, as Anthropic's clients do.
struct JoinedMessage {
    struct Block {
        var start: JSONValue
        var text = ""
        var isOver = false
    }
    private(set) var message = JSONValue.null
    private(set) var blocks: [Block] = []
    private(set) var end = JSONValue.null
    private(set) var isOver = false
    /// What is not in Anthropic's order.
    private(set) var problems: [String] = []

    init(_ events: [MessagesEvent]) { for event in events { add(event) } }

    private mutating func add(_ event: MessagesEvent) {
        if event.data["type"] != .string(event.name) { problems.append("\(event.name) is \(event.data.text())") }
        if isOver { problems.append("\(event.name) behind the end") }
        let index = event.data["index"]?.integer
        switch event.name {
        case "ping": break
        case "message_start":
            if message != .null { problems.append("a second beginning") }
            message = event.data["message"] ?? .null
        case "content_block_start":
            if message == .null || index != blocks.count || blocks.last?.isOver == false {
                problems.append("block \(index ?? -1) begins")
            }
            blocks.append(Block(start: event.data["content_block"] ?? .null))
        case "content_block_delta":
            guard let index, index == blocks.count - 1, !blocks[index].isOver else {
                problems.append("a delta of block \(index ?? -1)")
                return
            }
            add(event.data["delta"] ?? .null, to: index)
        case "content_block_stop":
            guard let index, index == blocks.count - 1, !blocks[index].isOver else {
                problems.append("block \(index ?? -1) ends")
                return
            }
            blocks[index].isOver = true
        case "message_delta":
            if blocks.last?.isOver == false { problems.append("the end within a block") }
            end = event.data
        case "message_stop": isOver = true
        default: problems.append("\(event.name)")
        }
    }

    private mutating func add(_ delta: JSONValue, to index: Int) {
        let (kind, name) =
            switch blocks[index].start["type"] {
            case "text": ("text_delta", "text")
            case "thinking": ("thinking_delta", "thinking")
            default: ("input_json_delta", "partial_json")
            }
        guard delta["type"] == .string(kind), case .string(let text)? = delta[name], !text.isEmpty else {
            problems.append(delta.text())
            return
        }
        blocks[index].text += text
    }

    /// The message as a whole, without ids.
    var whole: JSONValue {
        let content = blocks.map { block -> JSONValue in
            switch block.start["type"] {
            case "text": ["type": "text", "text": .string(block.text)]
            case "thinking": ["type": "thinking", "thinking": .string(block.text), "signature": ""]
            default:
                [
                    "type": "tool_use", "name": block.start["name"] ?? .null,
                    "input": block.text.isEmpty ? [:] : (try? JSONReader.read(Array(block.text.utf8))) ?? .null,
                ]
            }
        }
        return [
            "type": "message", "role": message["role"] ?? .null, "model": message["model"] ?? .null,
            "content": .array(content), "stop_reason": end["delta"]?["stop_reason"] ?? .null,
            "stop_sequence": end["delta"]?["stop_sequence"] ?? .null, "usage": end["usage"] ?? .null,
        ]
    }
}

extension JSONValue {
    /// A message, and its calls, without their ids.
    var withoutIDs: JSONValue {
        switch self {
        case .object(let members):
            .object(
                members.filter { $0.name != "id" }.map { Member(name: $0.name, value: $0.value.withoutIDs) })
        case .array(let elements): .array(elements.map(\.withoutIDs))
        default: self
        }
    }

    var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
}

/// Tokens of what a model says; markers of calls are tokens.
func modelTokens(_ text: String) -> [Int32] { demoTokenizer.encode(text) }

/// A call as the model writes it.
func modelCall(_ name: String, _ arguments: String) -> String {
    "<function_call>```typescript\nfunctions.\(name)(\(arguments))\n```"
}
