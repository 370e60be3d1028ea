import Checkpoint
import Foundation

private let here = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
/// The demo checkpoint's directory.
let demo = here.appending(path: "../../compose/models/demo").standardizedFileURL.path
/// A directory with the config of MiniMax-Text-01 and nothing else.
let text01 = here.appending(path: "Fixtures/MiniMax-Text-01").path

/// An empty directory that goes away with this object.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "checkpoint-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        let url = URL(filePath: path).appending(path: name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: "\(path)/\(name)", withDestinationPath: target)
    }
}

/// A JSON object from names and values as JSON text, in order.
func json(_ members: [(name: String, value: String)]) -> String {
    "{" + members.map { "\"\($0.name)\": \($0.value)" }.joined(separator: ", ") + "}"
}

/// A small, complete config in the original layout. Changes are JSON text; nil removes a field.
func originalConfig(_ changes: [String: String?] = [:]) -> String {
    changed(
        [
            "architectures": "[\"MiniMaxText01ForCausalLM\"]", "model_type": "\"minimax_text_01\"", "vocab_size": "11",
            "hidden_size": "6", "num_hidden_layers": "2",
            "num_attention_heads": "4", "num_key_value_heads": "2", "head_dim": "4", "intermediate_size": "3",
            "num_local_experts": "2",
            "attn_type_list": "[0, 1]", "postnorm": "true", "rotary_dim": "2", "rope_theta": "10000000",
            "shared_intermediate_size": "0",
            "layernorm_linear_attention_alpha": "1.5", "layernorm_full_attention_alpha": "1.25",
            "layernorm_mlp_alpha": "2.5",
        ], changes)
}

/// The same model in transformers' layout.
func nativeConfig(_ changes: [String: String?] = [:]) -> String {
    changed(
        [
            "architectures": "[\"MiniMaxForCausalLM\"]", "model_type": "\"minimax\"", "vocab_size": "11",
            "hidden_size": "6", "num_hidden_layers": "2",
            "num_attention_heads": "4", "num_key_value_heads": "2", "head_dim": "4", "intermediate_size": "3",
            "num_local_experts": "2",
            "layer_types": "[\"linear_attention\", \"full_attention\"]", "rotary_dim": "2",
            "rope_parameters": "{\"rope_type\": \"default\", \"rope_theta\": 1e7}",
            "linear_attn_alpha_factor": "1.5", "full_attn_alpha_factor": "1.25", "mlp_alpha_factor": "2.5",
            "bos_token_id": "null", "eos_token_id": "null",
        ], changes)
}

private func changed(_ fields: [String: String], _ changes: [String: String?]) -> String {
    var fields = fields
    for (name, value) in changes { fields[name] = value }
    return json(fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
}

func parse(_ text: String) throws -> ModelConfig { try ModelConfig(json: Array(text.utf8), file: "config.json") }

/// What `body` throws, as `E`; nil where it succeeds.
func error<E: Error>(_ type: E.Type = E.self, _ body: () throws -> some Any) -> E? {
    do { _ = try body() } catch { return error as? E }
    return nil
}
