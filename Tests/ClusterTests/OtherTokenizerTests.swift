import Foundation
import JSON
import Testing

@testable import Router

/// Checkpoints whose `tokenizer.json` other tools have written.
@Suite("Tokenizers of other tools", .serialized, .inTurn) struct OtherTokenizerTests {
    /// The demo model in `folder`, with another tokenizer.
    private func model(in folder: String, _ change: (inout [String: Any]) -> Void) throws -> String {
        let target = URL(filePath: folder).appending(path: "changed-model")
        try FileManager.default.copyItem(at: URL(filePath: Paths.demo), to: target)
        let path = target.appending(path: "tokenizer.json")
        guard var file = try JSONSerialization.jsonObject(with: Data(contentsOf: path)) as? [String: Any] else {
            throw SupportError("no tokenizer")
        }
        change(&file)
        try JSONSerialization.data(withJSONObject: file).write(to: path)
        return target.path
    }

    private static func adding(_ content: String, id: Int) -> (inout [String: Any]) -> Void {
        { file in
            let token: [String: Any] = [
                "id": id, "content": content, "special": true, "normalized": false, "single_word": false,
                "lstrip": false, "rstrip": false,
            ]
            file["added_tokens"] = (file["added_tokens"] as? [Any] ?? []) + [token]
        }
    }

    @Test("a token without an embedding keeps the router from starting, and is named", arguments: [4096, 5000])
    func tokenBeyondTheEmbedding(id: Int) async throws {
        try await Paths.withFolder { folder in
            let model = try model(in: folder, Self.adding("<extra>", id: id))
            let arguments = StartTests.Program.router.arguments(model: model, folder: folder)
            let process = try ServiceProcess("router", arguments, folder: folder)
            do {
                try await eventually("the router gives up") { !process.isRunning }
            } catch {
                await process.stop()
                throw error
            }
            #expect(process.exitStatus == 1)
            for name in ["tokenizer.json", "<extra>", "\(id)", "vocab_size", "4096"] {
                #expect(process.log.contains(name), "\(process.log)")
            }
        }
    }

    @Test("a tokenizer that transformers has saved after a padded call serves with the same ids")
    func savedByTransformers() async throws {
        try await Paths.withFolder { folder in
            let model = try model(in: folder) { file in
                let text: [String: Any] = ["Sequence": ["id": "A", "type_id": 0]]
                file["post_processor"] = [
                    "type": "TemplateProcessing", "single": [text],
                    "pair": [text, ["Sequence": ["id": "B", "type_id": 1]]], "special_tokens": [String: Any](),
                ]
                file["truncation"] = ["direction": "Right", "max_length": 5, "strategy": "LongestFirst", "stride": 0]
                file["padding"] = [
                    "strategy": "BatchLongest", "direction": "Right", "pad_to_multiple_of": NSNull(), "pad_id": 4090,
                    "pad_type_id": 0,
                    "pad_token": "<end_of_sentence>",
                ]
            }
            try await RESTCluster.with(.init(model: model, expertHosts: 1)) { cluster in
                let fromText = try await cluster.complete(
                    "Once upon a time there was", [.init("logprobs", .int(0)), .init("echo", .bool(true))])
                let fromIDs = try await cluster.complete(.ids([46, 1346, 603, 258, 587]), maxTokens: 1)
                #expect(fromText.status == 200 && fromIDs.status == 200)
                #expect(fromText.json["usage"]?["prompt_tokens"]?.int ?? 0 > 5)
                #expect(
                    try await cluster.complete("Once upon a time", maxTokens: 1).json.withoutIdentity
                        == fromIDs.json.withoutIdentity)
            }
        }
    }
}
