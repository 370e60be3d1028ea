/// Expected time of the expert part of a step.
///
/// Only reading counts: each expert that is drawn is read once, slice by slice, by the holder that is done first. Left
/// out are the arithmetic (which counts from about a dozen rows an expert on), bytes on the wire, overlap of two token
/// groups, that the gate's choices for neighbouring rows are alike, and hosts that are slower than they announced.
enum StepPrediction {
    /// - Returns: seconds for all layers; infinite where a slice is held by none of `hosts`.
    static func seconds(
        rows: Int, _ placement: Placement, _ inventory: ExpertInventory, _ hosts: [HostOffer], shares: ExpertShares,
        expertsPerToken: Int, hopSeconds: Double
    ) -> Double {
        guard rows > 0, !inventory.layers.isEmpty else { return 0 }
        let secondsPerByte = placement.hosts.map { name in
            hosts.first { $0.name == name }.map { 1 / $0.speed } ?? .infinity
        }
        var random = RandomSource(seed: 1)
        let sampled = min(inventory.layers.count, layersMax)
        var sum = 0.0
        for sample in 0 ..< sampled {
            let layer = sample * inventory.layers.count / sampled
            let draw = ExpertDraw(shares.routed(layer, inventory), perRow: expertsPerToken)
            for _ in 0 ..< draws {
                var drawn = draw.experts(rows: min(rows, rowsMax), using: &random)
                for (index, expert) in inventory.layers[layer].enumerated() where expert.isShared {
                    drawn[index] = true
                }
                sum += slowest(layer, drawn, placement, inventory, secondsPerByte)
            }
        }
        return Double(inventory.layers.count) * (hopSeconds + sum / Double(sampled * draws))
    }

    /// Seconds until the last host has read its part of what is drawn.
    private static func slowest(
        _ layer: Int, _ drawn: [Bool], _ placement: Placement, _ inventory: ExpertInventory,
        _ secondsPerByte: [Double]
    ) -> Double {
        var seconds = secondsPerByte.map { _ in 0.0 }
        for (index, expert) in inventory.layers[layer].enumerated() where drawn[index] {
            let slices = placement.expert(layer, index)?.holders ?? [[]]
            for (slice, holders) in slices.enumerated() {
                let bytes = Double(expert.byteCount(part: slice, of: slices.count))
                func done(_ host: Int) -> Double { seconds[host] + bytes * secondsPerByte[host] }
                guard let first = holders.min(by: { done($0) < done($1) }) else { return .infinity }
                seconds[first] = done(first)
            }
        }
        return seconds.max() ?? 0
    }

    /// What a call may take beside reading weights, in seconds, as long as nothing is known.
    static let hopSeconds = 100e-6

    private static let layersMax = 8, draws = 8
    /// More rows are not drawn: an expert that none of so many rows uses is hardly ever used.
    private static let rowsMax = 1024
}

/// Draws the experts of rows at random by their shares.
private struct ExpertDraw {
    private let shares: [Double]
    /// Sums of the shares up to and with each expert.
    private let sums: [Double]
    private let perRow: Int

    init(_ shares: [Double], perRow: Int) {
        var sum = 0.0
        self.shares = shares
        sums = shares.map {
            sum += $0; return sum
        }
        self.perRow = min(max(perRow, 0), shares.count { $0 > 0 })
    }

    /// Which experts any of the rows uses.
    func experts(rows: Int, using random: inout RandomSource) -> [Bool] {
        var drawn = sums.map { _ in false }
        for _ in 0 ..< rows {
            var row: [Int] = []
            while row.count < perRow { row.append(another(than: row, using: &random)) }
            for expert in row { drawn[expert] = true }
        }
        return drawn
    }

    /// An expert that the row does not use yet; after some tries, the first such one that is used at all.
    private func another(than row: [Int], using random: inout RandomSource) -> Int {
        for _ in 0 ..< 16 {
            let point = random.uniform() * (sums.last ?? 0)
            if let expert = sums.firstIndex(where: { $0 > point }), !row.contains(expert) { return expert }
        }
        return shares.indices.first { shares[$0] > 0 && !row.contains($0) } ?? 0
    }
}
