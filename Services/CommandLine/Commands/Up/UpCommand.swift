internal import ArgumentParser
internal import ClusterClient
internal import Console
internal import Flags
internal import Foundation
internal import LocalCluster
internal import Probing
internal import TerminalOutput
internal import Transport

/// Starts a cluster on this machine and keeps it until it is told to stop.
struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Start a whole cluster on this machine: attention, some expert hosts, one router.",
        discussion: """
            The processes talk over Unix sockets in a private folder. Ctrl-C or SIGTERM takes everything down, the \
            router first: answers in progress get --drain-seconds to finish, then their clients are told why they end; \
            a second Ctrl-C ends all at once. The cluster goes on when its terminal is closed (SIGHUP).
            """)

    @Option(help: ArgumentHelp("Folder of the checkpoint.", valueName: "folder"))
    var model: String

    @Option(help: "Address the REST front listens on; 0.0.0.0 for all of this machine's.")
    var host = "127.0.0.1"

    @Option(help: "Port of the REST front; 0 for any free one.")
    var port = 8080

    @Option(
        help: ArgumentHelp(
            """
            Where the router's /metrics, /livez, /readyz and plan answer: HOST:PORT, unix:/PATH, or none (the default) \
            for a socket in the private folder.
            """, valueName: "address"))
    var admin = AdminAddress(nil)

    @Option(help: ArgumentHelp("File of the API keys that clients may use; see router --help.", valueName: "file"))
    var apiKeysFile: String?

    @Option(
        help: ArgumentHelp(
            """
            Folder for what is to outlive the cluster: clients' sessions (records) and states of the model (states, \
            and states-2, states-3 and so on of further attention services). \
            Without it, sessions are gone when the cluster stops.
            """, valueName: "folder"))
    var data: String?

    @Option(help: "Seconds that answers in progress get to finish when the cluster is told to stop.")
    var drainSeconds = ServiceOptions.drainSecondsDefault

    @OptionGroup var cluster: ClusterOptions

    mutating func validate() throws {
        guard (0 ... 65_535).contains(port) else {
            throw ValidationError("'--port' takes a number from 0 to 65535, not \(port).")
        }
        if case .tcp(host: _, port: 0)? = admin.address {
            throw ValidationError("'--admin' takes a port from 1 to 65535, not 0.")
        }
        try ServiceOptions.checkDrainSeconds(drainSeconds)
        guard data != "" else { throw ValidationError("'--data' takes a folder, not an empty text.") }
    }

    func run() async throws {
        let free = try await PortProbe.port(host: host, port: port, purpose: "--port", hostPurpose: "--host")
        let keys = apiKeysFile.map { ["--api-keys-file", $0] } ?? [], folder = DataFolder(path: data)
        var plan = cluster.plan(model: model, host: host, port: free, routerFlags: keys + folder.routerFlags)
        plan.statesFolder = folder.statesFolder
        (plan.admin, plan.drainSeconds) = (admin.address, drainSeconds)
        if cluster.processes.pinCores { try plan.divide(CoreList.allowed) }
        let begin = ContinuousClock.now
        let attention = plan.attentionHosts == 1 ? "" : "\(plan.attentionHosts) attention services and "
        let hosts = "\(plan.expertHosts) expert host\(plan.expertHosts == 1 ? "" : "s")"
        let title = "Starting \(model) with \(attention)\(hosts)"
        _ = try await LocalCluster(
            plan: plan, title: title, output: .standardOutput, verbose: cluster.processes.verbose,
            logFolder: cluster.processes.logFolder, outlivesTerminal: true
        ).run { [plan] running in
            let seconds = (ContinuousClock.now - begin) / .seconds(1)
            let invitation = Invitation(
                url: plan.url, admin: running.admin, greeting: await Self.greeting(of: plan.url),
                isOpen: !isLoopback(plan.host))
            try printToStandardOutput(invitation.text(seconds: seconds))
            while true { try await Task.sleep(for: .seconds(3600)) }        // until it is cancelled
        }
        ProgressDisplay(.standardOutput).line("Stopped.")
    }

    /// What the front says to whoever brings no key.
    private static func greeting(of url: String) async -> Invitation.Greeting {
        guard let client = try? ChatClient(url: url) else { return .silence }
        do {
            return .model(try await client.model())
        } catch {
            return (try? await client.client.get("/v1/models"))?.status == 401 ? .asksForKey : .silence
        }
    }
}
