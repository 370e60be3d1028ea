internal import ArgumentParser

/// What `POST /admin/plan` takes; what is nil stays as it is.
struct PlanChange: Encodable, Sendable, Equatable {
    enum Mode: String, Encodable, Sendable, CaseIterable, ExpressibleByArgument {
        case latency, throughput, auto
    }

    var mode: Mode?
    var copies: Int?
    /// Instead of all pins there are.
    var pins: [ExpertPin]?
    /// The name of a host that shall hold nothing from now on.
    var drain: String?
    /// The name of a host that may hold something again.
    var undrain: String?

    var isEmpty: Bool { self == PlanChange() }
}

/// An expert that has to be on a certain host.
struct ExpertPin: Codable, Sendable, Equatable {
    let layer: Int
    let expert: Int
    /// Its name.
    let host: String
}

extension ExpertPin: ExpressibleByArgument {
    /// `LAYER:EXPERT:HOST`; the name may hold colons.
    init?(argument: String) {
        let parts = argument.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let layer = Int(parts[0]), let expert = Int(parts[1]), layer >= 0, expert >= 0, !parts[2].isEmpty else { return nil }
        self.init(layer: layer, expert: expert, host: String(parts[2]))
    }
}
