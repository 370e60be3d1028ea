internal import Cluster
internal import Foundation
internal import Transport

/// What work that is done around a running cluster may know of it, and do to it.
struct ClusterHandle: Sendable {
    struct Child: Sendable, Equatable {
        let name: String
        let role: ProcessPlan.Role
        let processID: Int32
        /// Of its admin server.
        let admin: Address
    }

    /// Of the REST front.
    let url: String
    /// Of the router's admin server.
    let admin: Address
    /// All processes, as they were when the work began.
    let children: [Child]
    /// Tells the cluster that the end of the expert host with this name will be no accident.
    let expectExit: @Sendable (_ name: String) -> Void

    var expertHosts: [Child] { children.filter { $0.role == .expertHost } }

    /// Ends an expert host as a power cut would: it cannot say good-bye.
    ///
    /// - Throws: `StartError` when there is no such process any more.
    func destroy(_ host: Child) throws {
        expectExit(host.name)
        guard kill(host.processID, SIGKILL) == 0 else { throw StartError("\(host.name), process \(host.processID), cannot be killed: it has ended already") }
    }
}
