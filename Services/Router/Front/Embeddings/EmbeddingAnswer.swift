internal import Foundation
internal import JSON

/// Spells embeddings as OpenAI does, piece by piece: thousands of vectors make a long text.
struct EmbeddingAnswer: Sendable {
    let format: EmbeddingRequest.Format
    let model: String
    let vectors: [[Float]]
    /// Of all inputs.
    let promptTokens: Int

    /// What stands before the first vector.
    var head: String { #"{"object":"list","data":["# }

    /// One vector.
    func element(_ index: Int) -> String {
        (index == 0 ? "" : ",") + #"{"object":"embedding","index":\#(index),"embedding":\#(text(of: vectors[index]))}"#
    }

    /// What stands behind the last one.
    var tail: String {
        let usage: JSONValue = ["prompt_tokens": .int(promptTokens), "total_tokens": .int(promptTokens)]
        return #"],"model":\#(JSONValue.string(model).text()),"usage":\#(usage.text())}"#
    }

    private func text(of vector: [Float]) -> String {
        switch format {
        case .float: return "[" + vector.map { "\($0)" }.joined(separator: ",") + "]"
        case .base64:
            var bytes: [UInt8] = []
            bytes.reserveCapacity(4 * vector.count)
            for value in vector {
                let bits = value.bitPattern
                for shift in [0, 8, 16, 24] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
            }
            return "\"\(Data(bytes).base64EncodedString())\""
        }
    }
}
