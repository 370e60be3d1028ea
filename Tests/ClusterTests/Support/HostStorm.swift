import AdminMessages
import Foundation
import JSON
import TestSupport

@testable import Router
@testable import Transport

/// Lets expert hosts, or attention services, come, go and fail in an order that follows from a seed. One sound host,
/// which the router knows, is always left; of attention services two, so that there is a replica of one or two parts.
actor HostStorm {
    enum Role: Sendable { case expertHost, attention }

    enum Event: String, CaseIterable, Sendable {
        case add
        /// Told to stop.
        case drain
        case kill
        /// Stopped for a while, without its connections being closed; then it goes on or is killed.
        case freeze
        /// Nothing reaches it for a while, and nothing of it arrives; then all is as before or it is killed.
        case cutOff
        case changePlan
    }

    private struct Host {
        let process: ServiceProcess
        let hole: BlackHole
        /// Nil while it is sound.
        var trouble: Trouble?
    }

    private struct Trouble {
        let end: ContinuousClock.Instant
        let isFatal: Bool
    }

    private static let hostsMax = 4
    private let cluster: RESTCluster
    private let role: Role
    private var random: SplitMix64
    /// Those that live and were not told to stop.
    private var hosts: [String: Host] = [:]
    private var leaving: [Host] = []
    private var startedCount = 0
    /// What happened, for whoever must find out why it went wrong.
    private(set) var story: [String] = []
    private(set) var counts: [Event: Int] = [:]

    init(_ cluster: RESTCluster, of role: Role = .expertHost, seed: UInt64) {
        self.cluster = cluster
        self.role = role
        random = SplitMix64(seed: seed)
    }

    /// Starts one more host, behind a proxy that can swallow its connections. Its name is new, as a container's is.
    func add() throws {
        startedCount += 1
        let name = role == .expertHost ? "host-\(startedCount)" : "attention-\(startedCount)"
        let hole = try BlackHole("\(cluster.folder)/\(name).proxy", to: "\(cluster.folder)/\(name).sock")
        switch role {
        case .expertHost: try cluster.startExpertHost(name, announce: hole.address)
        case .attention: try cluster.startAttention(name, announce: hole.address)
        }
        hosts[name] = Host(process: try cluster.process(name), hole: hole)
        tell("\(name) starts")
    }

    /// Plays all events in a random order, each as soon as it can be; where none can, one more host is started.
    func rage(_ events: KeyValuePairs<Event, Int>) async throws {
        var left = events.flatMap { [Event](repeating: $0.key, count: $0.value) }
        left.shuffle(using: &random)
        while !left.isEmpty {
            try await Task.sleep(for: .milliseconds(Int.random(in: 50 ... 500, using: &random)))
            endTroubles { $0.end <= ContinuousClock.now }
            let sound = try await soundHosts()
            if let index = left.firstIndex(where: { isPossible($0, sound) }) {
                try await play(left.remove(at: index), sound)
            } else if hosts.count < Self.hostsMax {
                try add()
            }
        }
    }

    /// Ends every trouble, and waits for those that were told to stop.
    ///
    /// - Throws: where one did not stop in good order, or not in the time it has for it.
    func calmDown() async throws {
        endTroubles { _ in true }
        for host in leaving {
            try await eventually("\(host.process.name) has stopped", within: .seconds(60)) { !host.process.isRunning }
            guard host.process.exitStatus == 0, !host.process.log.contains("still needs this process") else {
                throw SupportError(
                    """
                    \(host.process.name) was told to stop and ended with status \
                    \(host.process.exitStatus):\n\(host.process.log)
                    """
                )
            }
            host.hole.stop()
        }
        leaving = []
    }

    /// For the end of a test, however it went.
    func stopProxies() { for host in hosts.values + leaving { host.hole.stop() } }

    // MARK: events

    /// Names of hosts that nothing is wrong with and that the router can ask.
    private func soundHosts() async throws -> [String] {
        let plan = try await cluster.plan()
        let answering =
            switch role {
            case .expertHost:
                plan.hosts.filter { ["ready", "loading", "empty"].contains($0.state) }.map(\.name)
            case .attention: plan.attention.members.filter { $0.standing == "ready" && $0.replica != nil }.map(\.name)
            }
        return answering.filter { name in hosts[name].map { $0.trouble == nil } == true }
    }

    private func isPossible(_ event: Event, _ sound: [String]) -> Bool {
        switch event {
        case .add: hosts.count < Self.hostsMax
        case .changePlan: true
        case .drain, .kill, .freeze, .cutOff: sound.count >= (role == .expertHost ? 2 : 3)
        }
    }

    private func play(_ event: Event, _ sound: [String]) async throws {
        counts[event, default: 0] += 1
        switch event {
        case .add: try add()
        case .changePlan: try await changePlan()
        case .drain, .kill, .freeze, .cutOff:
            guard let name = sound.randomElement(using: &random), let host = hosts[name] else { return }
            tell("\(name): \(event.rawValue)")
            harm(name, host, event)
        }
    }

    private func harm(_ name: String, _ host: Host, _ event: Event) {
        switch event {
        case .add, .changePlan: break
        case .drain:
            hosts[name] = nil
            leaving.append(host)
            host.process.signal(SIGTERM)
        case .kill: kill(name, host)
        case .freeze:
            host.process.signal(SIGSTOP)
            hosts[name]?.trouble = trouble()
        case .cutOff:
            host.hole.cut()
            hosts[name]?.trouble = trouble()
        }
    }

    private func changePlan() async throws {
        guard role == .expertHost else {
            let parts = Bool.random(using: &random) ? 1 : 2
            tell("plan: \(parts) parts of attention")
            _ = try await cluster.change(PlanChange(attentionParts: .fixed(parts)))
            return
        }
        let mode: PlacementSettings.Mode = Bool.random(using: &random) ? .latency : .throughput
        let copies = Int.random(in: 1 ... 3, using: &random)
        tell("plan: \(mode), \(copies) copies")
        try await cluster.change(mode, copies: copies)
    }

    private func trouble() -> Trouble {
        Trouble(
            end: ContinuousClock.now + .milliseconds(Int.random(in: 200 ... 3000, using: &random)),
            isFatal: Bool.random(using: &random))
    }

    private func endTroubles(_ isOver: (Trouble) -> Bool) {
        for (name, host) in hosts.sorted(by: { $0.key < $1.key }) {
            guard let trouble = host.trouble, isOver(trouble) else { continue }
            tell("\(name): \(trouble.isFatal ? "killed in its trouble" : "well again")")
            if trouble.isFatal {
                kill(name, host)
            } else {
                host.hole.mend()
                host.process.signal(SIGCONT)
                hosts[name]?.trouble = nil
            }
        }
    }

    private func kill(_ name: String, _ host: Host) {
        hosts[name] = nil
        host.process.signal(SIGKILL)
        host.hole.stop()
    }

    private func tell(_ event: String) { story.append("\(story.count + 1). \(event)") }
}
