/// The folder in which a cluster keeps what is to outlive it.
struct DataFolder {
    /// Nil: nothing outlives the cluster.
    let path: String?

    /// The router stores sessions.
    var routerFlags: [String] { path.map { ["--records", "\($0)/records"] } ?? [] }

    /// Attention stores states; see `ClusterPlan`.
    var statesFolder: String? { path.map { "\($0)/states" } }
}
