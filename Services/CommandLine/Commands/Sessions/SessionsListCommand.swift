internal import ArgumentParser
internal import ClusterClient
internal import Console

/// Lists sessions, the newest first.
struct SessionsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List sessions, the newest first.")

    /// Most sessions of one answer of the router.
    private static let pageMax = 100

    @OptionGroup var sessions: SessionsOptions

    @Option(help: "Most sessions to list.")
    var limit = 100

    func validate() throws {
        guard limit > 0 else { throw ValidationError("'--limit' takes a number above 0, not \(limit).") }
    }

    func run() async throws {
        let client = try sessions.client
        var (found, hasMore) = ([SessionReport](), true)
        while hasMore, found.count < limit {
            let page = try await client.list(limit: min(Self.pageMax, limit - found.count), after: found.last?.id).value
            found += page.data
            hasMore = page.hasMore && !page.data.isEmpty
        }
        try printToStandardOutput(SessionText.list(found, hasMore: hasMore))
    }
}
