/// What `GET /admin/experts` of a router answers: how much each expert is used. JSON spells the names in snake case.
package struct ExpertsReport: Codable, Sendable, Equatable {
    /// One expert that is used much.
    package struct Hot: Codable, Sendable, Equatable {
        /// The layer's index.
        package let layer: Int
        /// The expert's index in its layer.
        package let expert: Int
        /// Its recent uses to the mean of its layer.
        package let times: Double

        /// For the router, which alone makes reports.
        package init(layer: Int, expert: Int, times: Double) {
            (self.layer, self.expert, self.times) = (layer, expert, times)
        }
    }

    /// Uses since the router started, by layer and expert.
    package let tokens: [[Int]]
    /// Recent uses, by layer and expert.
    package let recent: [[Double]]
    /// The most used expert of each layer to the layer's mean, of late.
    package let imbalance: [Double]
    /// The most used experts first.
    package let hottest: [Hot]
    /// Uses left out for lack of capacity (`--capacity-factor`).
    package let dropped: Int

    /// For the router, which alone makes reports.
    package init(tokens: [[Int]], recent: [[Double]], imbalance: [Double], hottest: [Hot], dropped: Int) {
        (self.tokens, self.recent, self.imbalance) = (tokens, recent, imbalance)
        (self.hottest, self.dropped) = (hottest, dropped)
    }
}
