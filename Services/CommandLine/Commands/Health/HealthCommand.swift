internal import ArgumentParser
internal import ClusterClient
internal import Console
internal import Transport

/// Asks a service how it is: the health check of an orchestrator, in an image that has no other HTTP client.
struct HealthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Ask a service whether it is ready; if not, say why, with exit status 1.",
        discussion: "Where the service reads MINIMAX_ADMIN, so does this: both then mean the same address.")

    @Option(help: ArgumentHelp("The service's admin address: HOST:PORT or unix:/PATH.", valueName: "address"))
    var admin: Address

    @Flag(help: "Ask only whether it is alive, not whether it can serve.")
    var live = false

    @Option(help: "How many seconds connecting may take, and then how many the answer.")
    var timeoutSeconds = 2

    func validate() throws {
        guard (1 ... 3600).contains(timeoutSeconds) else {
            throw ValidationError("'--timeout-seconds' takes a number from 1 to 3600, not \(timeoutSeconds).")
        }
    }

    func run() async throws {
        try await Self.check(admin, live ? "/livez" : "/readyz", timeout: .seconds(timeoutSeconds))
    }

    /// - Throws: `StartError` where the service says that it is not well, `RESTError` where it says nothing.
    static func check(_ admin: Address, _ path: String, timeout: Duration) async throws {
        let answer = try await RESTClient(admin).get(path, limits: .init(total: timeout))
        guard answer.status != 200 else { return }
        guard let status = AdminStatus(answer) else {
            throw StartError(
                "GET \(admin)\(path): answered \(answer.status) without a status; is that an admin address?")
        }
        throw StartError("the service at \(admin) is \(status.inWords)")
    }
}
