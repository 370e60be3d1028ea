import Foundation
import JSON
import Synchronization
import Testing

@testable import ClusterClient
@testable import Transport

/// A whole cluster as its users run it: attention, expert hosts and router as processes of their own, and a client of
/// the REST front.
///
/// Each process can be started and ended by itself, so that a test can play out a failure.
final class RESTCluster: Sendable {
    /// What the processes are started with.
    struct Setup: Sendable {
        var model = Paths.demo
        var expertHosts = 2
        /// Attention services that are started: `attention`, `attention-2` and so on.
        var attentionHosts = 1
        /// Added to the router's flags.
        var router: [String] = []
        /// Added to attention's flags.
        var attention: [String] = []
        /// Added to every expert host's flags.
        var expertHost: [String] = []
        /// By program: a line of the shell that starts it; see `ServiceProcess`.
        var startedBy: [String: String] = [:]
    }

    let setup: Setup
    let folder: String
    let port: Int
    private let processes = Mutex<[String: ServiceProcess]>([:])
    private let started = Mutex(0)

    /// The cluster of the suite that is running; see `SuiteCluster`.
    @TaskLocal static var current: RESTCluster?

    private init(_ setup: Setup, folder: String) async throws {
        self.setup = setup
        self.folder = folder
        port = try await TestPort.free()
    }

    /// Starts the cluster, runs `body`, takes everything down; an error brings the processes' logs with it.
    ///
    /// - Parameter starts: which processes are started at once; `body` starts the others.
    static func with<R>(
        _ setup: Setup = Setup(), starts: Starts = .everything, body: (RESTCluster) async throws -> R
    ) async throws -> R {
        try await Paths.withFolder { folder in
            let cluster = try await RESTCluster(setup, folder: folder)
            let result: Result<R, any Error>
            do {
                switch starts {
                case .everything: try await cluster.startEverything()
                case .nothing: break
                }
                result = .success(try await body(cluster))
            } catch {
                result = .failure(SupportError("\(error)\n\(cluster.logs)"))
            }
            // The router first: a host that is to stop waits until the router does without it.
            for process in cluster.all.reversed() { await process.stop() }
            return try result.get()
        }
    }
    enum Starts { case everything, nothing }

    // MARK: processes

    func startEverything() async throws {
        for index in 1 ... setup.attentionHosts { try startAttention(Self.attentionName(index)) }
        for index in 1 ... setup.expertHosts { try startExpertHost(index) }
        try startRouter()
        try await waitUntilReady()
    }

    static func attentionName(_ index: Int) -> String { index == 1 ? "attention" : "attention-\(index)" }

    /// - Parameters:
    ///   - key: how this cluster calls the service, and it itself.
    ///   - announce: what the router is told, where it differs from where the service listens.
    ///   - model: nil: the cluster's.
    func startAttention(
        _ key: String = "attention", announce: Address? = nil, model: String? = nil, _ flags: [String] = []
    ) throws {
        let places =
            ["--listen", "\(attentionAddress(key))", "--router", "\(controlAddress)", "--name", key]
            + (announce.map { ["--announce", "\($0)"] } ?? [])
        try start(
            "attention", key, model: model,
            places + ["--threads", "1", "--read-bandwidth-mib", "1024"] + setup.attention + flags)
    }

    func startExpertHost(_ index: Int) throws { try startExpertHost("expert-\(index)") }

    /// - Parameters:
    ///   - key: how this cluster calls the process.
    ///   - name: how the host calls itself; nil: the same.
    ///   - announce: what the router is told, where it differs from where the host listens.
    ///   - model: nil: the cluster's.
    func startExpertHost(
        _ key: String, name: String? = nil, announce: Address? = nil, model: String? = nil, _ flags: [String] = []
    ) throws {
        let places =
            ["--listen", "\(expertAddress(key))", "--router", "\(controlAddress)"]
            + (announce.map { ["--announce", "\($0)"] } ?? [])
        try start(
            "expert-host", key, model: model,
            places + ["--name", name ?? key, "--threads", "1", "--read-bandwidth-mib", "1024"] + setup.expertHost
                + flags)
    }

    func startRouter() throws {
        try start(
            "router", "router",
            [
                "--model-name", "demo", "--control", "\(controlAddress)",
                "--attention-hosts", "\(setup.attentionHosts)", "--expert-hosts", "\(setup.expertHosts)",
                "--port", "\(port)",
            ] + setup.router)
    }

    private func start(_ program: String, _ name: String, model: String? = nil, _ flags: [String]) throws {
        let number = started.withLock {
            $0 += 1; return $0
        }        // a second run of a process gets a log of its own
        let process = try ServiceProcess(
            program, ["--model", model ?? setup.model, "--admin", "unix:\(folder)/\(name).admin"] + flags,
            name: "\(name)-\(number)", folder: folder, startedBy: setup.startedBy[program])
        processes.withLock { $0[name] = process }
    }

    func process(_ name: String) throws -> ServiceProcess {
        guard let process = processes.withLock({ $0[name] }) else { throw SupportError("no process \(name)") }
        return process
    }

    var all: [ServiceProcess] { processes.withLock { $0.sorted { $0.key < $1.key }.map(\.value) } }
    var logs: String { all.map { "--- \($0.name)\n\($0.log)" }.joined(separator: "\n") }

    var attentionAddress: Address { attentionAddress("attention") }
    func attentionAddress(_ key: String) -> Address { .unix(path: "\(folder)/\(key).sock") }
    var controlAddress: Address { .unix(path: "\(folder)/control.sock") }
    func expertAddress(_ index: Int) -> Address { expertAddress("expert-\(index)") }
    func expertAddress(_ key: String) -> Address { .unix(path: "\(folder)/\(key).sock") }

    // MARK: what it says of itself

    var restAddress: Address { .tcp(host: "127.0.0.1", port: port) }
    var rest: RESTClient { RESTClient(restAddress) }

    func waitUntilReady() async throws {
        try await eventually("the cluster is ready") {
            for process in self.all where !process.isRunning {
                throw SupportError("\(process.name) ended with status \(process.exitStatus)")
            }
            return try await self.isReady()
        }
    }

    /// Waits until a process says that it is ready itself, as one that was just started does.
    func waitUntilReady(_ name: String) async throws {
        let admin = RESTClient(.unix(path: "\(folder)/\(name).admin")), process = try process(name)
        try await eventually("\(name) is ready") {
            guard process.isRunning else { throw SupportError("\(name) ended with status \(process.exitStatus)") }
            return (try? await admin.get("/readyz"))?.status == 200
        }
    }

    /// Whether the front would take a request.
    func isReady() async throws -> Bool {
        guard let answer = try? await rest.get("/health") else { return false }
        return answer.status == 200
    }

    /// What Prometheus would read.
    func metrics(of process: String) async throws -> String {
        try await RESTClient(.unix(path: "\(folder)/\(process).admin")).get("/metrics").text
    }

    /// The sum of a metric's samples over its labels.
    func metric(_ name: String, of process: String) async throws -> Double {
        let samples = try await metrics(of: process).split(separator: "\n").filter {
            $0.hasPrefix("\(name) ") || $0.hasPrefix("\(name){")
        }
        return samples.reduce(0) { $0 + (Double($1.split(separator: " ").last ?? "") ?? .nan) }
    }
}

/// One cluster for all tests of a suite: `@Suite(…, .serialized, .cluster())`; they find it as `RESTCluster.current`.
struct SuiteCluster: SuiteTrait, TestScoping {
    let setup: RESTCluster.Setup

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await RESTCluster.with(setup) { cluster in
            try await RESTCluster.$current.withValue(cluster) { try await function() }
        }
    }
}

extension Trait where Self == SuiteCluster {
    static func cluster(router: [String] = [], attention: [String] = []) -> Self {
        SuiteCluster(setup: RESTCluster.Setup(router: router, attention: attention))
    }
}

/// The cluster of the running suite.
func suiteCluster() throws -> RESTCluster {
    guard let cluster = RESTCluster.current else { throw SupportError("the suite has no .cluster() trait") }
    return cluster
}
