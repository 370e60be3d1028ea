import Foundation
import TestSupport

/// Ends processes of a cluster, in order and by force, at random moments, and starts them anew.
struct StoryWeather {
    enum Event: CaseIterable { case killAttention, killRouter, killBoth, restartAttention, restartRouter }

    let cluster: RESTCluster
    let log: StoryLog
    var random: SplitMix64
    private var next: [Event] = []

    init(_ cluster: RESTCluster, _ log: StoryLog, seed: UInt64) {
        (self.cluster, self.log) = (cluster, log)
        random = SplitMix64(seed: seed)
    }

    /// Something happens each time when users have acted a few times more, as long as they do.
    mutating func rage(while isOn: () -> Bool) async throws {
        while isOn() {
            let goal = log.counts.acts + Int.random(in: 8 ... 20, using: &random)
            try await eventually("the users go on", within: .seconds(300)) { log.counts.acts >= goal || !isOn() }
            guard isOn() else { return }
            try await Task.sleep(for: .milliseconds(Int.random(in: 0 ... 150, using: &random)))
            try await strike()
        }
    }

    /// Each kind of event happens before one happens again.
    mutating func strike() async throws {
        if next.isEmpty { next = Event.allCases.shuffled(using: &random) }
        await log.add(cluster)
        switch next.removeLast() {
        case .killAttention: try await kill(["attention"])
        case .killRouter: try await kill(["router"])
        case .killBoth: try await kill(["router", "attention"])
        case .restartAttention: try await end(["attention"], by: SIGTERM)
        case .restartRouter: try await end(["router"], by: SIGTERM)
        }
    }

    /// Kills processes and starts them anew.
    ///
    /// - Parameter look: called while they are dead.
    func kill<Seen>(_ names: [String], _ look: () throws -> Seen = {}) async throws -> Seen {
        try await end(names, by: SIGKILL, look)
    }

    private func end<Seen>(_ names: [String], by signal: Int32, _ look: () throws -> Seen = {}) async throws -> Seen {
        for name in names { try cluster.process(name).signal(signal) }
        for name in names { try await cluster.process(name).waitForExit() }
        let seen = try look()
        if names.contains("attention") { try cluster.startAttention() }
        if names.contains("router") { try cluster.startRouter() }
        // A front that has not noticed yet whom it lost would say that all is well.
        for name in names { try await cluster.waitUntilReady(name) }
        try await cluster.waitUntilReady()
        return seen
    }
}
