/// How many tokens a second a placement could generate if all time were reading: a step's attention weights first, then
/// its experts' weights, each by all threads that have a share of them.
struct PlacementCeiling: Sendable {
    let weights: ActiveWeights
    /// Compute threads of each process.
    let threads: Int
    /// Of the machine: more do not read at the same time.
    let cores: Int

    /// Threads that read at the same time in the two halves of a step.
    func readers(_ placement: PlacementCase, batch: Int) -> (attention: Int, experts: Int) {
        let replicas = min(placement.replicas, batch)
        let distinct = Int(weights.distinctExperts(batch: batch).rounded(.up))
        let hosts = placement.mode == .latency ? placement.hosts : min(placement.hosts, distinct)
        return (min(cores, threads * replicas * placement.parts), min(cores, threads * hosts))
    }

    /// - Parameter bandwidth: what so many threads read together, in bytes a second.
    func tokensPerSecond(_ placement: PlacementCase, batch: Int, bandwidth: (Int) -> Double) -> Double {
        let readers = readers(placement, batch: batch)
        // Each replica reads all of its weights.
        let attention = Double(min(placement.replicas, batch) * (weights.dense.bytes + weights.head.bytes))
        let experts = weights.bytesPerStep(batch: batch) - Double(weights.dense.bytes + weights.head.bytes)
        return Double(batch) / (attention / bandwidth(readers.attention) + experts / bandwidth(readers.experts))
    }
}
