// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// What was wanted of the rows' logits, of each kind row after row, as far as the service has the ids.
package struct HeadResponse: Sendable, Equatable {
    /// The ids of the candidates: of each row as many as it wants, or as there are, the highest first.
    package let candidates: [Int32]
    /// Their logits.
    package let candidateLogits: [Float]
    /// The logits of the named ids, in their order.
    package let namedLogits: [Float]
    /// The ids of the highest logits of all, the highest first.
    package let top: [Int32]
    /// Their logits.
    package let topLogits: [Float]
    /// (eighths, 2) for each row that wants it. The vocabulary is cut into eighths; eighth i begins at i * vocabulary /
    /// 8, rounded down. For each eighth that the service has: the highest logit, and the sum of exp(logit - highest
    /// logit). Where all logits are minus infinity, the sum is 0.
    package let logSums: [Double]
    /// The same at the row's temperature, over the free ids.
    package let freeSums: [Double]
    /// All logits, of the rows that want them.
    package let wholeLogits: [Float]

    /// Each parameter becomes the property of its name.
    package init(
        candidates: [Int32], candidateLogits: [Float], namedLogits: [Float], top: [Int32], topLogits: [Float],
        logSums: [Double], freeSums: [Double], wholeLogits: [Float]
    ) {
        self.candidates = candidates
        self.candidateLogits = candidateLogits
        self.namedLogits = namedLogits
        self.top = top
        self.topLogits = topLogits
        self.logSums = logSums
        self.freeSums = freeSums
        self.wholeLogits = wholeLogits
    }
}

extension HeadResponse: WireMessage {
    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "HeadResponse", bytes, minimax__cluster__v1__head_response__unpack,
            minimax__cluster__v1__head_response__free_unpacked, HeadResponse.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe cMessage()
        return try unsafe withField(candidates) { field in
            unsafe message.candidates = field
            return try unsafe withField(candidateLogits) { field in
                unsafe message.candidate_logits = field
                return try unsafe withField(namedLogits) { field in
                    unsafe message.named_logits = field
                    return try unsafe withField(top) { field in
                        unsafe message.top = field
                        return try unsafe withField(topLogits) { field in
                            unsafe message.top_logits = field
                            return try unsafe withField(logSums) { field in
                                unsafe message.log_sums = field
                                return try unsafe withField(freeSums) { field in
                                    unsafe message.free_sums = field
                                    return try unsafe withField(wholeLogits) { field in
                                        unsafe message.whole_logits = field
                                        return try unsafe encode(message, body)
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    init(_ message: Minimax__Cluster__V1__HeadResponse, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            candidates: fields.values(message.candidates, "candidates"),
            candidateLogits: fields.values(message.candidate_logits, "candidate_logits"),
            namedLogits: fields.values(message.named_logits, "named_logits"),
            top: fields.values(message.top, "top"),
            topLogits: fields.values(message.top_logits, "top_logits"),
            logSums: fields.values(message.log_sums, "log_sums"),
            freeSums: fields.values(message.free_sums, "free_sums"),
            wholeLogits: fields.values(message.whole_logits, "whole_logits"))
    }

    /// The C message. It lacks the bytes fields.
    func cMessage() -> Minimax__Cluster__V1__HeadResponse {
        var message = unsafe Minimax__Cluster__V1__HeadResponse()
        unsafe minimax__cluster__v1__head_response__init(&message)
        return unsafe message
    }
}
