internal import Checkpoint
internal import Foundation
internal import Logging
internal import Messages
internal import NIOCore
internal import NIOPosix
internal import Synchronization
internal import Testing
internal import Transport
internal import TypedCalls

@testable import Router

/// An attention service that keeps states and computes nothing, behind a real connection.
final class PlayedAttention: Sendable {
    struct Content {
        /// Kept states by their tokens.
        var states: [StateID: [Int32]] = [:]
        var calls: [String] = []
        /// Calls that fail, and how.
        var failures: [String: RPCError.Code] = [:]
        /// Files of kept states.
        var files: [StateID: [UInt8]] = [:]
        /// What it says of the length of states that it keeps; nil: the truth.
        var lengthTold: Int?
    }

    let content = Mutex(Content())
    /// What it answers of a file, instead of the truth.
    let exported = Mutex<@Sendable (ExportStateRequest, ExportStateResponse) -> ExportStateResponse>({ $1 })
    /// What happens before a state is written to disk.
    let onStore = Mutex<@Sendable () async -> Void>({})
    static let owner = "tests"

    /// What `body` does with a replica that is this service alone.
    ///
    /// - Parameter onFault: see `AttentionClient`.
    func serve(
        onFault: @escaping @Sendable (String) -> Void = { _ in }, _ body: (AttentionReplica) async throws -> Void
    ) async throws {
        let silent = Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() }
        var handlers = EndpointHandlers(logger: silent) { _ in nil }
        add(to: &handlers)
        addFiles(to: &handlers)
        let name = "p-\(UUID().uuidString.prefix(8)).sock", group = MultiThreadedEventLoopGroup.singleton
        let address = Address.unix(path: FileManager.default.temporaryDirectory.appending(path: name).path)
        let server = RPCServer(address: address, group: group, logger: silent, handler: handlers.answer)
        let rpc = RPCClient(address: address, group: group, logger: silent)
        let config = try ModelConfig(json: Array(#"{"model_type": "minimax"}"#.utf8), file: "config.json")
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await server.run() }
            _ = try await server.boundAddress
            tasks.addTask { try await rpc.run() }
            defer { tasks.cancelAll() }
            let client = AttentionClient(
                name: "played", config: config, rpc: rpc, timeout: .seconds(60), owner: Self.owner, router: 1,
                onFault: onFault)
            try await body(AttentionReplica(id: .first, parts: [client]))
        }
    }

    private func add(to handlers: inout EndpointHandlers) {
        handlers.on(.openSequence) { request, _ in
            let origin =
                request.consumes
                ? "all \(request.length) of \(request.state.rawValue), which ends"
                : "\(request.state.rawValue) of \(request.length)"
            try self.note("open \(request.sequence) from \(origin)", "open")
            return OpenSequenceResponse(grantedBytes: 1000)
        }
        handlers.on(.keepState) { request, _ in
            try self.note("keep \(request.sequence) closes \(request.closes) promised \(request.promised)", "keep")
            return self.content.withLock {
                $0.states[request.state] = request.tokens
                return KeepStateResponse(length: $0.lengthTold ?? request.tokens.count, bytes: 500)
            }
        }
        handlers.on(.storeState) { request, _ in
            try self.note("store \(request.state.rawValue) leaves \(request.leavesMemory)", "store")
            await self.onStore.withLock { $0 }()
            return StoreStateResponse(diskBytes: 500)
        }
        handlers.on(.dropStates) { request, _ in
            try self.note("drop \(request.states.map(\.rawValue).sorted())", "drop")
            self.content.withLock { content in
                for state in request.states { content.states[state] = nil }
            }
            return DropStatesResponse(dropped: request.states.count)
        }
        handlers.on(.listStates) { request, _ in
            let (states, told) = self.content.withLock { ($0.states, $0.lengthTold) }
            let infos = states.map {
                KeptStateInfo(
                    state: $0, length: told ?? $1.count, bytes: 1, ownBytes: 1, diskBytes: 0, promised: false,
                    idleMilliseconds: 0)
            }
            return ListStatesResponse(states: request.owner == Self.owner ? infos : [], sharedBytes: 0, usedBytes: 0)
        }
        handlers.on(.describeState) { request, _ in
            try self.note("describe \(request.state.rawValue)", "describe \(request.state.rawValue)")
            let tokens = self.content.withLock { $0.states[request.state] }
            return KeptStateDescription(scope: "scope", worthMilliseconds: 1, tokens: tokens ?? [])
        }
    }

    private func addFiles(to handlers: inout EndpointHandlers) {
        handlers.on(.exportState) { request, _ in
            try self.note("export \(request.bytesMax) at \(request.offset)", "export")
            guard let file = self.content.withLock({ $0.files[request.state] }) else {
                throw RPCError(.notFound, "no such state")
            }
            let part = Array(file.dropFirst(request.offset).prefix(min(request.bytesMax, 1 << 20)))
            let answer = self.exported.withLock { $0 }
            return answer(request, ExportStateResponse(fileBytes: file.count, part: part))
        }
        handlers.on(.importState) { request, _ in
            let last = request.isLast ? ", the last" : ""
            try self.note("import \(request.part.count) at \(request.offset)\(last)", "import")
            return ImportStateResponse(length: request.isLast ? 1 : 0)
        }
    }

    private func note(_ call: String, _ kind: String) throws {
        let failure = content.withLock { content in
            content.calls.append(call)
            return content.failures[kind]
        }
        if let failure { throw RPCError(failure, "as the test says") }
    }
}
