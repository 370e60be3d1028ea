internal import Checkpoint
internal import Tensors

/// What a step of one row costs in attention, from which the number of parts is chosen.
struct AttentionCost: Sendable, Equatable {
    /// Into how many parts attention can be cut at most.
    var partsMax: Int
    var layerCount: Int
    /// Bytes of all weights that a row meets: those of all attention layers, and the head's.
    var bytes: Double

    /// Seconds of a step of one row, with so many parts that read `bandwidth` bytes a second each, and are `hop`
    /// seconds away, there and back.
    func seconds(parts: Int, bandwidth: Double, hop: Double) -> Double {
        let calls = hop + Double(parts - 1) * Self.partSeconds
        return Double(layerCount) * calls + bytes / Double(parts) / bandwidth
    }

    /// The number of parts for these processes: it is doubled for as long as that makes an answer faster by a good
    /// deal, because more parts make fewer replicas. Processes of one machine share its memory, so that more parts
    /// there would read no faster.
    func partCount(for processes: [AttentionArrangement.Process]) -> Int {
        let machines = Set(processes.map(\.machine)).count
        let bandwidth = processes.map(\.bandwidth).filter { $0 > 0 }.min() ?? Self.bandwidth
        let hop = processes.compactMap(\.hop).max() ?? StepPrediction.hopSeconds
        func seconds(_ parts: Int) -> Double { self.seconds(parts: parts, bandwidth: bandwidth, hop: hop) }
        var count = 1
        while 2 * count <= min(machines, partsMax), seconds(2 * count) < Self.gain * seconds(count) {
            count *= 2
        }
        return count
    }

    /// What each further part adds to the time of a layer: another message out, and one more that may be late.
    private static let partSeconds = 20e-6
    private static let gain = 0.85
    /// Of a process that has not said how fast it reads, in bytes a second.
    private static let bandwidth = 10e9
}

extension AttentionCost {
    init(_ checkpoint: WeightFiles) throws {
        let config = checkpoint.config
        var bytes = try checkpoint.head().byteCount
        for (index, kind) in config.layers.enumerated() {
            switch kind {
            case .lightning:
                let weights = try checkpoint.lightning(index)
                bytes += weights.qkv.byteCount + weights.outputGate.byteCount + weights.out.byteCount
            case .softmax:
                let weights = try checkpoint.softmax(index)
                bytes += weights.q.byteCount + weights.k.byteCount + weights.v.byteCount + weights.o.byteCount
            }
        }
        self.init(partsMax: try checkpoint.attentionPartsMax(), layerCount: config.layerCount, bytes: Double(bytes))
    }
}
