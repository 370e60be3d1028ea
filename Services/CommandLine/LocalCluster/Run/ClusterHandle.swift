internal import Console
internal import Foundation
package import Transport

/// What work that is done around a running cluster may know of it, and do to it.
package struct ClusterHandle: Sendable {
    /// One of its processes.
    package struct Child: Sendable, Equatable {
        /// Its name, for example `expert-host-1`.
        package let name: String
        /// What it does in the cluster.
        package let role: ProcessPlan.Role
        /// The system's number for it.
        package let processID: Int32
        /// The address of its admin server.
        package let admin: Address
    }

    /// The URL of the REST front.
    package let url: String
    /// The address of the router's admin server.
    package let admin: Address
    /// All processes, as they were when the work began.
    package let children: [Child]
    /// Tells the cluster that the end of the process with this name will be no accident.
    let expectExit: @Sendable (_ name: String) -> Void
    /// Waits for the end of the process with this name; nil where the work is cut short meanwhile.
    let exit: @Sendable (_ name: String) async -> ChildExit?

    /// The expert hosts among the processes.
    package var expertHosts: [Child] { children.filter { $0.role == .expertHost } }

    /// The attention services among the processes.
    package var attentionHosts: [Child] { children.filter { $0.role == .attention } }

    /// Ends a process as a power cut would: it cannot say good-bye.
    ///
    /// - Throws: `StartError` when there is no such process any more.
    package func destroy(_ child: Child) throws {
        expectExit(child.name)
        try send(SIGKILL, to: child)
    }

    /// Tells a process to stop, and waits until it has ended.
    ///
    /// - Returns: how it ended.
    /// - Throws: `StartError` when there is no such process any more; `CancellationError` when the work is cut short.
    package func stop(_ child: Child) async throws -> ChildExit {
        expectExit(child.name)
        try send(SIGTERM, to: child)
        guard let exit = await exit(child.name) else { throw CancellationError() }
        return exit
    }

    /// Ends all processes as a power cut would. The work that is done around the cluster has to end then.
    ///
    /// - Throws: `StartError` when one of them had ended before.
    package func destroyAll() throws {
        for child in children { expectExit(child.name) }
        for child in children { try send(SIGKILL, to: child) }
    }

    private func send(_ signal: Int32, to child: Child) throws {
        guard kill(child.processID, signal) == 0 else {
            throw StartError("\(child.name), process \(child.processID), gets no signal: it has ended already")
        }
    }
}
