/// The body of `POST /admin/plan`: what the operator wants to be different. What is nil stays as it is.
package struct PlanChange: Codable, Sendable, Equatable {
    /// What experts shall be placed for.
    package var mode: PlacementGoal?
    /// How many hosts shall hold each expert.
    package var copies: Int?
    /// Replaces all pins there are.
    package var pins: [ExpertPin]?
    /// The name of a host that shall hold nothing from now on.
    package var drain: String?
    /// The name of a host that may hold something again.
    package var undrain: String?
    /// Into how many parts attention shall be cut.
    package var attentionParts: AttentionPartsGoal?

    private enum CodingKeys: String, CodingKey {
        case mode, copies, pins, drain, undrain
        case attentionParts = "attention_parts"
    }

    /// Changes what is not nil.
    package init(
        mode: PlacementGoal? = nil, copies: Int? = nil, pins: [ExpertPin]? = nil, drain: String? = nil,
        undrain: String? = nil, attentionParts: AttentionPartsGoal? = nil
    ) {
        (self.mode, self.copies, self.pins, self.drain, self.undrain) = (mode, copies, pins, drain, undrain)
        self.attentionParts = attentionParts
    }

    /// Whether it changes nothing.
    package var isEmpty: Bool { self == PlanChange() }

    /// Every field there is, as JSON spells it.
    package static let fieldNames = ["mode", "copies", "pins", "drain", "undrain", "attention_parts"]
}

/// An expert of which one host has to hold a copy.
package struct ExpertPin: Codable, Sendable, Equatable {
    /// The layer's index.
    package let layer: Int
    /// The expert's index in its layer.
    package let expert: Int
    /// The host's name.
    package let host: String

    /// Pins an expert of a layer to a host.
    package init(layer: Int, expert: Int, host: String) { (self.layer, self.expert, self.host) = (layer, expert, host) }
}
