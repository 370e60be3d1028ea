import Checkpoint
import Foundation
import Messages
import Snapshots
import Tensors
import Transport
import TypedCalls

@testable import Router

/// What only tests want to know of attention.
extension AttentionReplica {
    /// A lightning layer's state after the sequence's last token, (H, d, d): one part's heads behind another's.
    func lightningState(_ sequence: SequenceID, layer: Int) async throws -> [Float] {
        var states: [Float] = []
        for (index, part) in parts.enumerated() {
            let heads = part.config.heads(of: AttentionPart.all(of: parts.count)[index])
            states += try await part.lightningState(
                sequence, layer: layer, part.config.decaySlopes(layer: layer)[heads])
        }
        return states
    }
}

extension AttentionClient {
    /// That of one part, from the snapshot of a state that is kept for the purpose and dropped again.
    fileprivate func lightningState(
        _ sequence: SequenceID, layer: Int, _ slopes: ArraySlice<Float>
    ) async throws -> [Float] {
        let state = StateID.random()
        _ = try await rpc.call(
            .keepState,
            KeepStateRequest(router: router, sequence: sequence, state: state, owner: owner, closes: false),
            timeout: timeout)
        let file = try await file(of: state), header = try SnapshotHeader(file.header, fileByteCount: file.byteCount)
        let states = try await floats(SnapshotFormat.state(layer: layer), header, file, state)
        let keys = try await floats(SnapshotFormat.openKeys(layer: layer), header, file, state)
        let values = try await floats(SnapshotFormat.openValues(layer: layer), header, file, state)
        try await drop([state])
        let d = config.headDimension, rows = header.description.length % ModelConfig.lightningBlockLength
        let group = Kernels.keyGroupLength, keyFloats = keys.count / slopes.count
        return slopes.enumerated().flatMap { head, slope in
            (0 ..< d * d).map { index in
                let (component, column) = (index / d, index % d)
                let closed = Double(states[head * d * d + index]) * exp(-Double(slope) * Double(rows))
                return Float(
                    (0 ..< rows).reduce(closed) { sum, row in
                        let key = keys[head * keyFloats + row / group * group * d + component * group + row % group]
                        let value = values[(head * rows + row) * d + column]
                        return sum + Double(key) * Double(value) * exp(-Double(slope) * Double(rows - 1 - row))
                    })
            }
        }
    }

    /// A tensor of the state's file; none where the file does not have it.
    private func floats(
        _ name: String, _ header: SnapshotHeader, _ file: SnapshotPartFile, _ state: StateID
    ) async throws -> [Float] {
        guard let tensor = header.tensors.first(where: { $0.name == name }) else { return [] }
        var bytes: [UInt8] = []
        while bytes.count < tensor.bytes.count {
            let rest = tensor.bytes.dropFirst(bytes.count).prefix(1 << 20)
            bytes += try await self.bytes(rest, of: state, fileBytes: file.byteCount)
        }
        return bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }
}
