import Messages
import NIOCore
import Synchronization

@testable import Transport

/// Every lie that the router can find out. What looks like a right answer, and has the right size, cannot be told from
/// one: an earlier answer for as many rows, finite numbers that are wrong, a state whose tokens are not its own.
extension AttentionLie {
    static let all = rows + calls + heads + states + descriptions

    private static let rows: [AttentionLie] = [
        .changing("a value is missing", .attend, "values, expected") { _, right in
            SublayerResponse(partial: Array(right.partial.dropLast()), squares: right.squares)
        },
        .changing("sums of squares are missing", .attend, "sums of squares, expected") { _, right in
            SublayerResponse(partial: right.partial, squares: [])
        },
        .changing("a value is NaN", .attend, "not finite") { _, right in
            SublayerResponse(partial: right.partial.dropLast() + [.nan], squares: right.squares)
        },
        .changing("a sum of squares is infinite", .attend, "not finite") { _, right in
            SublayerResponse(partial: right.partial, squares: right.squares.map { _ in .infinity })
        },
        .replay,
    ]

    /// The answer to an earlier step is given again.
    private static let replay = {
        let first = Mutex<[Int: SublayerResponse]>([:])
        return changing("an earlier answer", .attend, "values, expected") { request, right in
            first.withLock { first in
                guard let earlier = first[request.layer] else {
                    first[request.layer] = right
                    return right
                }
                return earlier
            }
        }
    }()

    private static let calls: [AttentionLie] = [
        .instead("garbage", .attend, "what is no answer to") {
            ByteBuffer(bytes: (0 ..< 1000).map { UInt8(truncatingIfNeeded: 255 - $0 * 7) })
        },
        .instead("nothing", .attend, "0 values, expected") { ByteBuffer() },
        .instead("more bytes than anybody takes", .attend, "the answer has \(RPCLimits().messageBytesMax + 1) bytes") {
            ByteBuffer(repeating: 0, count: RPCLimits().messageBytesMax + 1)
        },
        .instead("no answer", .attend, "none of the last 3 calls") {
            try await Task.sleep(for: .seconds(3600))
            return ByteBuffer()
        },
        .instead("an error", .attend, "this service never computes") {
            throw RPCError(.internalError, "this service never computes")
        },
        .instead("that it has no sequence", .attend, "this service forgets") {
            throw RPCError(.notFound, "this service forgets")
        },
        .instead("that rows are wrong", .attend, "this service wants other rows") {
            throw RPCError(.invalidArgument, "this service wants other rows")
        },
        .instead("that nothing can be opened", .openSequence, "this service opens nothing") {
            throw RPCError(.internalError, "this service opens nothing")
        },
    ]

    private static let heads: [AttentionLie] = [
        .instead("garbage of the head", .head, "what is no answer to") { ByteBuffer(bytes: [255, 255, 255]) },
        .changing("a token that there is not", .head, "which is none of") { _, right in
            right.with(top: right.top.map { _ in 1 << 30 })
        },
        .changing("tokens in a wrong order", .head, "which is not higher") { _, right in
            right.with(top: right.top.reversed(), topLogits: right.topLogits.reversed())
        },
        .changing("a token twice", .head, "twice") { _, right in
            right.with(top: right.top.enumerated().map { $0 == 1 ? right.top[0] : $1 })
        },
        .changing("a negative sum", .head, "a sum of -1.0") { _, right in
            right.with(logSums: right.logSums.enumerated().map { $0 % 2 == 1 ? -1 : $1 })
        },
        .changing("a sum that is no number", .head, "a sum of nan") { _, right in
            right.with(logSums: right.logSums.enumerated().map { $0 % 2 == 1 ? .nan : $1 })
        },
    ]

    private static let states: [AttentionLie] = [
        .changing("a grant of more memory than it has", .openSequence, "a grant of") { _, _ in
            OpenSequenceResponse(grantedBytes: .max)
        },
        .changing("that a state has another length", .keepState, "a kept state has another length") { _, right in
            KeepStateResponse(length: right.length + 1, bytes: right.bytes)
        },
        .changing("a state twice", .listStates, "twice in the list", while: .joining) { _, right in
            let info = KeptStateInfo(
                state: 7, length: 20, bytes: .max, ownBytes: .max, diskBytes: .max, promised: true,
                idleMilliseconds: .max)
            return ListStatesResponse(states: right.states + [info, info], sharedBytes: .max, usedBytes: .max)
        },
        .changing("other tokens", .describeState, "expected those that it was kept with", while: .leaving) {
            KeptStateDescription(scope: $1.scope, worthMilliseconds: 1, tokens: $1.tokens.reversed())
        },
        .changing("a file without an end", .exportState, "0 bytes of a state's file", while: .leaving) { _, right in
            ExportStateResponse(fileBytes: .max, part: [])
        },
        .changing("more of a file than there is", .exportState, "expected 1 to 1", while: .leaving) { _, right in
            ExportStateResponse(fileBytes: 1, part: right.part)
        },
    ]

    private static let descriptions: [AttentionLie] = [
        .changing("another part than it was told", .holdPart, "part 1 of 2, expected 0 of 1", while: .joining) {
            $1.with(part: 1, of: 2)
        },
        .changing("another part later", .describeAttention, "part 1 of 2, expected 0 of 1") { $1.with(part: 1, of: 2) },
        .changing("another checkpoint", .describeAttention, "checkpoint another, expected ", while: .joining) {
            $1.with(fingerprint: "another")
        },
        .changing("another arithmetic", .describeAttention, "fast, expected exact", while: .joining) {
            $1.with(arithmetic: "fast")
        },
        .instead("no part", .holdPart, "none of the last 3 calls", while: .joining) {
            throw RPCError(.internalError, "this service holds nothing")
        },
    ]
}

extension HeadResponse {
    fileprivate func with(top: [Int32]? = nil, topLogits: [Float]? = nil, logSums: [Double]? = nil) -> HeadResponse {
        HeadResponse(
            candidates: candidates, candidateLogits: candidateLogits, namedLogits: namedLogits, top: top ?? self.top,
            topLogits: topLogits ?? self.topLogits, logSums: logSums ?? self.logSums, freeSums: freeSums,
            wholeLogits: wholeLogits)
    }
}

extension AttentionDescription {
    fileprivate func with(
        fingerprint: String? = nil, arithmetic: String? = nil, part: Int? = nil, of count: Int? = nil
    ) -> AttentionDescription {
        AttentionDescription(
            modelFingerprint: fingerprint ?? modelFingerprint, kernels: kernels, memoryBudgetBytes: memoryBudgetBytes,
            arithmetic: arithmetic ?? self.arithmetic, othersBytes: othersBytes,
            stalledMilliseconds: stalledMilliseconds, weightsCopy: weightsCopy, partIndex: part ?? partIndex,
            partCount: count ?? partCount)
    }
}
