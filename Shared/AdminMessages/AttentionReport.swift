/// What `GET /admin/plan` of a router tells of its attention services. JSON spells the names in snake case.
package struct AttentionReport: Codable, Sendable, Equatable {
    /// One attention service.
    package struct Member: Codable, Sendable, Equatable {
        /// Unique among the attention services of the cluster.
        package let name: String
        /// What it does in the cluster: attention.
        package let role: String
        /// Where the router reaches it.
        package let address: String
        /// The instruction set of its kernels.
        package let kernels: String
        /// connecting, ready, late or draining.
        package let standing: String
        /// Bytes that it has for states.
        package let memoryBytes: Int
        /// Which part of attention it computes, from 0; nil while it has none.
        package let part: Int?
        /// Which replica the part belongs to, from 0; nil while it belongs to none.
        package let replica: Int?
        /// How many sequences live on it.
        package let sequences: Int

        /// For the router, which alone makes reports.
        package init(
            name: String, role: String, address: String, kernels: String, standing: String, memoryBytes: Int,
            part: Int?, replica: Int?, sequences: Int
        ) {
            (self.name, self.role, self.address, self.kernels) = (name, role, address, kernels)
            (self.standing, self.memoryBytes) = (standing, memoryBytes)
            (self.part, self.replica, self.sequences) = (part, replica, sequences)
        }
    }

    /// Into how many parts attention shall be cut.
    package let partsWanted: AttentionPartsGoal
    /// Into how many parts it is cut; 0 before the first arrangement.
    package let parts: Int
    /// How many replicas hold different sequences.
    package let replicas: Int
    /// In ascending order of names.
    package let members: [Member]

    /// For the router, which alone makes reports.
    package init(partsWanted: AttentionPartsGoal, parts: Int, replicas: Int, members: [Member]) {
        (self.partsWanted, self.parts, self.replicas, self.members) = (partsWanted, parts, replicas, members)
    }
}
