internal import Checkpoint
internal import Messages
internal import Synchronization
internal import Tensors

/// The service changes to another part of attention.
extension AttentionEngine {
    func hold(_ request: HoldPartRequest) async throws -> AttentionDescription {
        guard let part = AttentionPart(index: request.partIndex, count: request.partCount), part.count <= partsMax
        else {
            throw AttentionError.noSuchPart(index: request.partIndex, count: request.partCount, countMax: partsMax)
        }
        routers.heard(request.router)
        let unwanted = try await lane.run { [self] in try change(to: part, for: request.router) }
        for id in unwanted { await disk.remove(id) }
        return describe(DescribeRequest(router: request.router))
    }

    /// On the lane, where no layer is under way. A part that is held already stays as it is.
    ///
    /// - Returns: states whose files nobody will ask for again.
    private func change(to part: AttentionPart, for router: UInt64) throws -> [StateID] {
        let old = held
        guard old.part != part else { return [] }
        try routers.requireAlone(router, with: old.part)
        let next = try HeldPart(checkpoint, old.states.next(part))
        routers.changePart(to: part, for: router)
        let unwanted = old.states.end()
        try next.states.adopt(disk.otherFiles.withLock { $0.take(part) })
        held = next
        return unwanted
    }
}
