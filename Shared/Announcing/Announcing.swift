package import Logging
package import Messages
package import NIOCore
internal import Probing
package import Transport

/// Announces this process to all its routers, for as long as they need it.
package struct Announcing: Sendable {
    /// What one run of a process says of itself, but for its speed.
    package struct Identity: Sendable {
        let role: MemberRole
        let modelFingerprint: String
        let kernels: String
        let threads: Int
        let arithmetic: String
        let memoryBytes: Int
        let weightsCopy: String

        /// - Parameters:
        ///   - role: what it does in the cluster.
        ///   - modelFingerprint: of its checkpoint.
        ///   - kernels: the instruction set in use.
        ///   - threads: how many it computes with.
        ///   - arithmetic: exact or fast.
        ///   - memoryBytes: what it may have for what routers give it: weights or states.
        ///   - weightsCopy: tells which files it reads, on which machine.
        package init(
            role: MemberRole, modelFingerprint: String, kernels: String, threads: Int, arithmetic: String,
            memoryBytes: Int, weightsCopy: String
        ) {
            (self.role, self.modelFingerprint, self.kernels) = (role, modelFingerprint, kernels)
            (self.threads, self.arithmetic, self.memoryBytes) = (threads, arithmetic, memoryBytes)
            self.weightsCopy = weightsCopy
        }
    }

    private let config: AnnouncingConfig
    private let identity: Identity
    private let meter: BandwidthMeter
    private let routers: [RPCClient]
    private let logger: Logger
    /// Tells one run of the process from the next.
    private let instance = String(UInt64.random(in: .min ... .max), radix: 16)

    /// Measures how fast the process reads from memory, where the operator has not set it.
    package init(
        _ config: AnnouncingConfig, _ identity: Identity, group: any EventLoopGroup, logger: Logger
    ) async throws {
        (self.config, self.identity, self.logger) = (config, identity, logger)
        routers = config.routers.map { RPCClient(address: $0, group: group, logger: logger) }
        meter = try await BandwidthMeter(
            set: config.readBandwidth, threads: identity.threads, memoryBytes: identity.memoryBytes)
    }

    /// Bytes a second that routers are told.
    package var bandwidth: Int { meter.figure.bytesPerSecond }

    /// Returns when the process is to stop and no router needs it any more.
    ///
    /// - Parameters:
    ///   - server: where routers reach the process.
    ///   - activity: what calls there are at this moment; the process's speed is measured where there are none.
    ///   - onAnswer: called with every answer of a router.
    ///   - onRouterGone: called with the name of a run of a router which has ended, once its next run answers.
    /// - Throws: `StartError` where a router refuses this process.
    package func run(
        at server: RPCServer, beside activity: @escaping @Sendable () -> CallActivity,
        onAnswer: @escaping @Sendable (AnnounceResponse) -> Void = { _ in },
        onRouterGone: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws {
        let address = try await announced(server)
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            for router in routers {
                tasks.addTask {
                    try await router.run()
                    return false
                }
            }
            tasks.addTask {
                try await meter.run(beside: activity)
                return false
            }
            tasks.addTask {
                try await announce(address, onAnswer, onRouterGone)
                return true
            }
            while try await tasks.next() == false {}
            tasks.cancelAll()
        }
    }

    private func announce(
        _ address: Address, _ onAnswer: @escaping @Sendable (AnnounceResponse) -> Void,
        _ onRouterGone: @escaping @Sendable (String) -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for router in routers {
                tasks.addTask {
                    try await Announcer(
                        announcement: { announcement(at: address, isDraining: $0) }, role: identity.role,
                        router: router, drainTime: config.drainTime, logger: logger
                    ).run(onAnswer: onAnswer, onRouterGone: onRouterGone)
                }
            }
            try await tasks.waitForAll()
        }
    }

    func announcement(at address: Address, isDraining: Bool) -> AnnounceRequest {
        let figure = meter.figure
        return AnnounceRequest(
            name: config.name, instance: instance, address: "\(address)", modelFingerprint: identity.modelFingerprint,
            kernels: identity.kernels, threads: identity.threads, draining: isDraining,
            arithmetic: identity.arithmetic, memoryBytes: identity.memoryBytes, readBandwidth: figure.bytesPerSecond,
            machine: Machine.identity, bandwidthMeasurements: figure.measurements, weightsCopy: identity.weightsCopy,
            role: identity.role.rawValue)
    }

    /// What routers shall connect to.
    private func announced(_ server: RPCServer) async throws -> Address {
        if let announce = config.announce { return announce }
        let bound = try await server.boundAddress
        if case .tcp(let host, let port) = bound, host == "0.0.0.0" || host == "::" {
            return .tcp(host: Machine.hostName, port: port)
        }
        return bound
    }
}
