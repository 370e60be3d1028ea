internal import ServiceLife

/// What happens to a cluster of child processes, and what to do about it: no process, clock or terminal in here.
///
/// A cluster serves once every process is ready. From then on it survives the loss of expert hosts and of attention
/// services while one of each is left; the loss of the last one, or of the router, ends it. It ends in order: the
/// router first, so that answers in progress can finish, or, where they cannot, so that clients are told why; then the
/// others.
struct ClusterLife {
    enum Action: Equatable {
        /// All are ready: let the work begin.
        case serve
        /// Stop the work that uses the cluster.
        case endWork
        case report(String)
        /// Tell the router to end at once, and why: the answers that it has begun cannot be finished any more.
        case end(router: String, because: String)
        case terminate([String])
        case kill([String])
        /// Call `timeIsUp` with this stage after so many seconds.
        case wait(Stage, seconds: Int)
        /// No process is left.
        case finish
    }
    /// A part of the ending that has a time of its own.
    enum Stage: Equatable { case router, others, killing }
    private enum Phase: Equatable { case starting, serving, stopping(Stage), finished }

    /// How long all but the router have to end, once the router is gone: nothing is under way any more.
    static let othersSeconds = 5

    /// How long a router has that ends at once: it tells its clients why.
    static let endSeconds = cancelSecondsMax + 2

    /// How long a router has that ends in order: what its answers get, what telling those that are left takes, and a
    /// little more.
    let routerSeconds: Int

    private var phase = Phase.starting
    private var alive: [String: ProcessPlan.Role] = [:]
    private var ready: Set<String> = []
    private var killed: Set<String> = []
    /// Processes whose end is no accident.
    private var expected: Set<String> = []
    /// Why the cluster went down by itself; nil when it was told to.
    private(set) var failure: String?

    /// - Parameter drainSeconds: what the router has for answers under way.
    init(_ processes: [ProcessPlan], drainSeconds: Int) {
        routerSeconds = drainSeconds + cancelSecondsMax + 2
        for process in processes { alive[process.name] = process.role }
    }

    mutating func becameReady(_ name: String) -> [Action] {
        guard phase == .starting, alive[name] != nil else { return [] }
        ready.insert(name)
        guard ready.count == alive.count else { return [] }
        phase = .serving
        return [.serve]
    }

    /// The work is about to end a process itself. That is no news as long as others of its kind are left, or where the
    /// work ends all that there are.
    mutating func expectExit(of name: String) { expected.insert(name) }

    /// - Parameter complaint: why the process ended, in its own words.
    mutating func exited(_ name: String, _ ending: ChildExit, complaint: String? = nil) -> [Action] {
        guard let role = alive.removeValue(forKey: name) else { return [] }
        switch phase {
        case .starting:
            return fail(complaint.map { "\(name): \($0)" } ?? "\(name) \(ending) before the cluster was ready")
        case .serving where expected.contains(name) && alive.keys.allSatisfy(expected.contains):
            return []        // all were ended, and the work ends now
        case .serving where alive.values.contains(role):
            guard !expected.contains(name) else { return [] }
            let left = alive.values.count { $0 == role },
                kind = role == .attention ? "attention service" : "expert host"
            return [.report("\(name) \(ending); the cluster goes on with \(left) \(kind)\(left == 1 ? "" : "s")")]
        case .serving:
            let which = role == .expertHost ? "; it was the last expert host" : ""
            return fail("\(name) \(ending)\(which)", telling: Self.sentence(ofLosing: role))
        case .stopping(let stage):
            return fault(of: name, ending, complaint) + lost(role, while: stage)
        case .finished:
            return []
        }
    }

    /// A process that was asked to stop and dies of something else has a fault that should be seen, unless a cause is
    /// known already.
    private func fault(of name: String, _ ending: ChildExit, _ complaint: String?) -> [Action] {
        guard !ending.isOrderly, !killed.contains(name), !expected.contains(name), failure == nil else { return [] }
        return [.report(complaint.map { "\(name): \($0)" } ?? "\(name) \(ending) while stopping")]
    }

    /// A process of this role has ended in this stage of the ending.
    private mutating func lost(_ role: ProcessPlan.Role, while stage: Stage) -> [Action] {
        if alive.isEmpty {
            phase = .finished
            return [.finish]
        }
        guard stage == .router else { return [] }
        if role == .router { return stopOthers() }
        return alive.values.contains(role) ? [] : endRouter(Self.sentence(ofLosing: role))
    }

    /// The work is done; later news of work that was cut short changes nothing.
    ///
    /// - Returns: nil when the cluster was already on its way down.
    mutating func workEnded() -> [Action]? {
        phase == .serving ? stop() : nil
    }

    /// Somebody wants the cluster to end; who asks again gets it at once.
    mutating func stop() -> [Action] {
        switch phase {
        case .starting, .serving: [.endWork] + stopRouter()
        case .stopping(.killing), .finished: []
        case .stopping: killAll()
        }
    }

    mutating func timeIsUp(_ stage: Stage) -> [Action] {
        guard phase == .stopping(stage) else { return [] }
        switch stage {
        case .router: return [kill { $0 == .router }] + stopOthers()
        case .others: return killAll()
        case .killing: return []
        }
    }

    /// - Parameter sentence: why what clients have begun cannot be finished.
    private mutating func fail(_ reason: String, telling sentence: String? = nil) -> [Action] {
        failure = reason
        guard let sentence, alive.values.contains(.router) else { return [.report(reason), .endWork] + stopRouter() }
        phase = .stopping(.router)
        return [.report(reason), .endWork] + endRouter(sentence)
    }

    private func endRouter(_ sentence: String) -> [Action] {
        names { $0 == .router }.map { .end(router: $0, because: sentence) } + [.wait(.router, seconds: Self.endSeconds)]
    }

    private static func sentence(ofLosing role: ProcessPlan.Role) -> String {
        "the cluster lost its \(role == .attention ? "attention service" : "last expert host") and ends"
    }

    private mutating func stopRouter() -> [Action] {
        let router = names { $0 == .router }
        guard !router.isEmpty else { return stopOthers() }
        phase = .stopping(.router)
        return [.terminate(router), .wait(.router, seconds: routerSeconds)]
    }

    private mutating func stopOthers() -> [Action] {
        guard !alive.isEmpty else {
            phase = .finished
            return [.finish]
        }
        phase = .stopping(.others)
        return [.terminate(names { $0 != .router }), .wait(.others, seconds: Self.othersSeconds)]
    }

    private mutating func killAll() -> [Action] {
        phase = .stopping(.killing)
        return [kill { _ in true }]
    }

    private mutating func kill(where matches: (ProcessPlan.Role) -> Bool) -> Action {
        let names = names(where: matches)
        killed.formUnion(names)
        return .kill(names)
    }

    private func names(where matches: (ProcessPlan.Role) -> Bool) -> [String] {
        alive.filter { matches($0.value) }.keys.sorted()
    }
}
