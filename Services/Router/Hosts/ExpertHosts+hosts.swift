internal import Cluster
internal import Logging
internal import Messages
internal import Metrics
internal import NIOCore
internal import Transport

/// Hosts, from their first word to their last.
extension ExpertHosts {
    /// Of the plan in use.
    var mode: PlacementMode? { planned?.mode }

    /// A host says that it lives. The first time, the router connects to it.
    func announce(_ request: AnnounceRequest) throws -> AnnounceResponse {
        let address = try check(request)
        if let member = members[request.name] {
            if member.host.instance == request.instance {
                if request.draining, !member.isDraining { drain(request.name) }
                change(member.host) {
                    ($0.bandwidth, $0.measurements) = (Double(request.readBandwidth), request.bandwidthMeasurements)
                }
                return AnnounceResponse(router: instance, planVersion: member.isConnected && hasPlanned && member.isSettled ? version : 0, released: isReleased(request.name))
            }
            guard !member.isConnected else {
                throw RPCError(.resourceExhausted, "a host named \(request.name) is here already, at \(member.host.address): every host needs a --name of its own")
            }
            lost(member.host, why: "a new instance of it announced itself")
        }
        guard !request.draining else { return AnnounceResponse(router: instance, planVersion: 0, released: true) }
        if let losses = quarantine.losses(keepingAway: request.name, at: now) {
            throw RPCError(.resourceExhausted, "host \(request.name) was lost \(losses) times soon after it came: it has to stay away for a while")
        }
        guard members.count < Self.hostsMax else { throw RPCError(.resourceExhausted, "\(Self.hostsMax) expert hosts are known already") }
        var limits = RPCLimits()
        limits.idleTimeout = config.silence
        limits.vigil = config.vigil
        let host = ExpertHostClient(request, address: address, rpc: RPCClient(address: address, limits: limits, group: group, logger: logger))
        members[request.name] = Member(
            host: host, joined: now,
            bandwidth: Double(request.readBandwidth), measurements: request.bandwidthMeasurements,
            ready: UnitMap(inventory), wanted: UnitMap(inventory))
        announced.yield(host)
        tell(.info, "expert host announced", within: &strangerLines, [
            "host": "\(host.name)", "address": "\(address)", "kernels": "\(request.kernels)", "threads": "\(request.threads)",
            "memory": "\(request.memoryBytes)", "bandwidth": "\(request.readBandwidth)",
        ])
        return AnnounceResponse(router: instance, planVersion: 0, released: false)
    }

    func check(_ request: AnnounceRequest) throws -> Address {
        guard request.modelFingerprint == fingerprint else {
            throw RPCError(.failedPrecondition, "the router's checkpoint is \(fingerprint), host \(request.name) has \(request.modelFingerprint): they must be the same")
        }
        guard request.arithmetic == config.arithmetic else {
            throw RPCError(.failedPrecondition, "the router's arithmetic is \(config.arithmetic), that of host \(request.name) \(request.arithmetic): they must be the same")
        }
        if let sentence = damaged[request.instance] { throw RPCError(.failedPrecondition, sentence) }
        for (what, text) in [("name", request.name), ("instance", request.instance)] {
            guard (1...Self.nameBytesMax).contains(text.utf8.count) else {
                throw RPCError(.invalidArgument, "an expert host's \(what) has 1 to \(Self.nameBytesMax) bytes, not \(text.utf8.count)")
            }
        }
        for (what, value) in [("memory_bytes", request.memoryBytes), ("read_bandwidth", request.readBandwidth)] {
            guard (1 ... 1 << 50).contains(value) else { throw RPCError(.invalidArgument, "host \(request.name): \(what) is \(value), expected 1 to 2^50") }
        }
        do { return try Address(parsing: request.address) } catch { throw RPCError(.invalidArgument, "host \(request.name): \(error)") }
    }

    /// Keeps the connection to one host until it breaks or the host is dismissed; then the host is gone until it announces itself again.
    func accompany(_ host: ExpertHostClient) async {
        let states = host.rpc.stateChanges()
        let end = await withTaskGroup(of: String.self) { tasks in
            tasks.addTask {
                try? await host.rpc.run()
                return "its connection is closed"
            }
            tasks.addTask {
                await host.waitForDismissal()
                return "it is not wanted any more"
            }
            tasks.addTask {
                for await state in states {
                    switch state {
                    case .connecting: break
                    case .connected: await self.arrived(host)
                    case .disconnected(let reason): return reason.message
                    case .stopped: break
                    }
                }
                return "its connection is closed"
            }
            tasks.addTask {
                for await _ in host.bell { await self.bringUpToDate(host) }
                return "the router is stopping"
            }
            defer { tasks.cancelAll() }
            return await tasks.next() ?? ""
        }
        lost(host, why: end)
    }

    func arrived(_ host: ExpertHostClient) {
        guard change(host, { $0.isConnected = true }) else { return }
        host.ring()
        changed.yield()
        publish()
    }

    /// A host is gone, or answered what it must not answer.
    func lost(_ host: ExpertHostClient, why: String) {
        guard isKnown(host), let member = members[host.name] else { return }
        members[host.name] = nil
        host.dismiss()
        host.health.forget()
        if !member.isDraining { quarantine.lost(host.name, joined: member.joined, at: now) }
        metrics.lost.increment()
        let line: Logger.Metadata = ["host": "\(host.name)", "why": "\(why)"]
        if member.isConnected { logger.notice("expert host gone", metadata: line) } else { tell(.notice, "expert host gone", within: &strangerLines, line) }
        publish()
        changed.yield()
    }

    func drain(_ name: String) {
        members[name]?.isDraining = true
        logger.info("expert host is stopping", metadata: ["host": "\(name)"])
        changed.yield()
    }

    /// Whether nothing is sent to a draining host any more.
    func isReleased(_ name: String) -> Bool {
        guard let member = members[name], member.isDraining else { return false }
        // The last one has nobody to leave its units to, and may go once nobody needs them.
        return member.ready.eighthCount == 0 || (candidates.isEmpty && member.host.health.idleTime > Self.idleTime)
    }

    /// - Returns: false if this run of the host is gone.
    @discardableResult func change(_ host: ExpertHostClient, _ body: (inout Member) -> Void) -> Bool {
        guard isKnown(host) else { return false }
        body(&members[host.name]!)
        return true
    }

    /// A host that was lost and has come again is another one, even if its process is the same.
    func isKnown(_ host: ExpertHostClient) -> Bool { members[host.name]?.host.rpc === host.rpc }

    /// A host that is refused asks again and again; the log says each reason once.
    func tellRefusal(of name: String, _ error: RPCError) {
        let name = String(name.prefix(Self.nameBytesMax))
        guard refusals[name] != error else { return }
        if refusals.count >= Self.hostsMax { refusals = [:] }
        refusals[name] = error
        tell(.notice, "expert host refused", within: &refusalLines, ["host": "\(name)", "why": "\(error.message)"])
    }

    private func tell(_ level: Logger.Level, _ what: Logger.Message, within lines: inout LineAllowance, _ metadata: Logger.Metadata) {
        guard let leftOut = lines.take() else { return }
        logger.log(level: level, what, metadata: leftOut > 0 ? metadata.merging(["lines_left_out": "\(leftOut)"]) { $1 } : metadata)
    }

    private static let hostsMax = 1024
    private static let nameBytesMax = 255
    /// So long without a call, a host that wants to stop is not needed.
    private static let idleTime = Duration.seconds(1)
}
