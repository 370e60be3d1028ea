internal import AdminMessages
internal import ArgumentParser

extension ExpertPin: ExpressibleByArgument {
    /// `LAYER:EXPERT:HOST`; the name may hold colons.
    init?(argument: String) {
        let parts = argument.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let layer = Int(parts[0]), let expert = Int(parts[1]) else { return nil }
        guard layer >= 0, expert >= 0, !parts[2].isEmpty else { return nil }
        self.init(layer: layer, expert: expert, host: String(parts[2]))
    }
}
