/// What `POST /admin/plan` takes; what is nil stays as it is.
package struct PlanChange: Encodable, Sendable, Equatable {
    /// What experts are placed for.
    package enum Mode: String, Encodable, Sendable, CaseIterable {
        case latency, throughput, auto
    }

    let mode: Mode?
    let copies: Int?
    let pins: [ExpertPin]?
    let drain: String?
    let undrain: String?

    /// - Parameters:
    ///   - copies: how many hosts hold each expert.
    ///   - pins: take the place of all pins there are.
    ///   - drain: the name of a host that shall hold nothing from now on.
    ///   - undrain: the name of a host that may hold something again.
    package init(
        mode: Mode? = nil, copies: Int? = nil, pins: [ExpertPin]? = nil, drain: String? = nil, undrain: String? = nil
    ) {
        self.mode = mode
        self.copies = copies
        self.pins = pins
        self.drain = drain
        self.undrain = undrain
    }

    /// Whether it changes nothing.
    package var isEmpty: Bool { self == PlanChange() }
}

/// An expert that has to be on a certain host.
package struct ExpertPin: Codable, Sendable, Equatable {
    /// The layer's number, from 0.
    package let layer: Int
    /// The expert's number in its layer, from 0.
    package let expert: Int
    /// The host's name.
    package let host: String

    /// The expert with number `expert` of layer `layer` is on `host`.
    package init(layer: Int, expert: Int, host: String) {
        self.layer = layer
        self.expert = expert
        self.host = host
    }
}
