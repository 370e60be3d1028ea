internal import ArgumentParser
internal import Cluster
internal import Foundation

/// Starts a cluster on this machine and keeps it until it is told to stop.
struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Start a whole cluster on this machine: one attention process, some expert hosts, one router.",
        discussion: """
            The processes talk over Unix sockets in a private folder. Ctrl-C takes everything down; answers in progress get \
            \(ClusterLife.routerSeconds) seconds to finish, a second Ctrl-C ends them at once.
            """)

    @Option(help: ArgumentHelp("Folder of the checkpoint.", valueName: "folder"))
    var model: String

    @Option(help: "Address the REST front listens on; 0.0.0.0 for all of this machine's.")
    var host = "127.0.0.1"

    @Option(help: "Port of the REST front; 0 for any free one.")
    var port = 8080

    @OptionGroup var cluster: ClusterOptions

    mutating func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("'--port' takes a number from 0 to 65535, not \(port).") }
    }

    func run() async throws {
        let free = try await PortProbe.port(host: host, port: port, purpose: "--port")
        let plan = cluster.plan(model: model, host: host, port: free)
        let output = FileHandle.standardOutput
        let begin = ContinuousClock.now
        let title = "Starting \(model) with \(plan.expertHosts) expert host\(plan.expertHosts == 1 ? "" : "s")"
        _ = try await LocalCluster(
            plan: plan, title: title, output: output, verbose: cluster.processes.verbose, logFolder: cluster.processes.logFolder
        ).run { running in
            let seconds = (ContinuousClock.now - begin) / .seconds(1)
            let name = try? await ChatClient(url: plan.url).model()
            try output.write(contentsOf: Data(Self.invitation(url: plan.url, model: name, admin: running.adminPath, seconds: seconds).utf8))
            while true { try await Task.sleep(for: .seconds(3600)) }        // until it is cancelled
        }
        try output.write(contentsOf: Data("Stopped.\n".utf8))
    }

    /// What a person needs to know once the cluster serves; the curl line works as pasted.
    static func invitation(url: String, model: String?, admin: String, seconds: Double) -> String {
        let body = """
            {\(model.map { "\"model\":\(jsonString($0))," } ?? "")"messages":[{"role":"user","content":"Hello"}],"max_tokens":32,"stream":true}
            """
        let quoted = body.replacing("'", with: "'\\''")
        return """
            Ready after \(oneDecimal(seconds)) s: \(url)

              curl -N \(url)/v1/chat/completions -H 'content-type: application/json' -d '\(quoted)'
              curl --unix-socket \(admin) http://router/metrics
              minimax plan --admin unix:\(admin)

            Ctrl-C stops it.

            """
    }
}
