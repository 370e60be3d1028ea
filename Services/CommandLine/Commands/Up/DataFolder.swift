/// The folder in which a cluster keeps what is to outlive it, and the flags that say so to its processes.
struct DataFolder {
    /// Nil: nothing outlives the cluster.
    let path: String?

    /// The router stores sessions.
    var routerFlags: [String] { path.map { ["--records", "\($0)/records"] } ?? [] }

    /// Attention stores states.
    var attentionFlags: [String] { path.map { ["--states-folder", "\($0)/states"] } ?? [] }
}
