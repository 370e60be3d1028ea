internal import Transport

/// One process of a cluster on this machine: what to start, and where it tells how it is.
package struct ProcessPlan: Sendable, Equatable {
    /// What a process does in its cluster.
    package enum Role: Sendable { case attention, expertHost, router }

    /// What it does.
    package let role: Role
    /// Its name, of which a cluster has no two.
    package let name: String
    /// The path of its program.
    let program: String
    /// The program's flags.
    let arguments: [String]
    /// The address of its admin server, as a client on this machine reaches it.
    let admin: Address
    /// The cores that it may use; nil: all that this process may.
    var cores: [Int]?
}
