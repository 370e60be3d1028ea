import JSON
import TestSupport

@testable import Router

/// A story of many random things that clients do and that happen to processes, in little memory and on a small disk.
enum StateStory {
    private static let users = 4

    /// - Parameters:
    ///   - acts: of all users together.
    ///   - reference: may be that of other stories, too.
    ///   - format: flags of the router and of attention that say how keys and values are stored, there and here.
    static func play(
        seed: UInt64, acts: Int, _ reference: StoryReference, format: [String]
    ) async throws -> StoryLog.Counts {
        try await Paths.withFolder { data in
            let setup = RESTCluster.Setup(
                router: format + [
                    "--records", data + "/records", "--sequences-max", "6", "--host-silence-seconds", "2",
                ],
                attention: format + [
                    "--states-folder", data + "/states", "--memory-max-mib", "16", "--disk-max-mib", "24",
                ])
            return try await RESTCluster.with(setup) { cluster in
                let log = StoryLog()
                let users = try await live(cluster, reference, log, seed: seed, acts: acts)
                await log.add(cluster)
                for user in users { try await user.lookAtAll() }
                try await lookForStrangers(cluster, users, log)
                return log.counts
            }
        }
    }

    private static func live(
        _ cluster: RESTCluster, _ reference: StoryReference, _ log: StoryLog, seed: UInt64, acts: Int
    ) async throws -> [StoryUser] {
        try await withThrowingTaskGroup(of: StoryUser?.self) { tasks in
            for index in 0 ..< users {
                var user = StoryUser(StoryClient(cluster: cluster), reference, log, seed: seed &+ UInt64(index) << 32)
                tasks.addTask {
                    while log.counts.acts < acts {
                        try await user.act()
                        log.acted()
                    }
                    return user
                }
            }
            var weather = StoryWeather(cluster, log, seed: seed &+ 77 << 32)
            tasks.addTask {
                try await weather.rage { log.counts.acts < acts }
                return nil
            }
            return try await tasks.reduce(into: []) { users, user in if let user { users.append(user) } }
        }
    }

    /// No session is there that nobody knows, but for those whose making was lost on the way.
    private static func lookForStrangers(
        _ cluster: RESTCluster, _ users: [StoryUser], _ log: StoryLog
    ) async throws {
        let list = try await cluster.get("/v1/sessions?limit=100").json["data"]?.elements ?? []
        let known = Set(users.flatMap(\.sessions).map(\.id))
        let found = Set(list.compactMap { $0["id"]?.text })
        guard known.isSubset(of: found), found.count <= known.count + log.counts.orphans else {
            throw SupportError("\(found.count) sessions are listed: \(known.count) known, \(log.counts.orphans) lost")
        }
    }
}
