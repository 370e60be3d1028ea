import Foundation
import JSON
import Synchronization

/// A program that inherits its three standard streams and nothing else.
///
/// Foundation's Process hands down every descriptor that is open at that moment, whoever's it is: a connection that
/// another test then closes would live on in the child, and its peer would wait for an end that never comes.
final class SpawnedProcess: Sendable {
    private struct State {
        var status: Int32?
        var waiting: [CheckedContinuation<Int32, Never>] = []
    }
    let processID: pid_t
    private let state = Mutex(State())
    /// The shell closes what it inherited, then becomes the program.
    private static let closeTheRest =
        "for f in /proc/self/fd/*; do n=${f##*/}; [ $n -gt 2 ] && eval \"exec $n>&-\"; done; exec \"$@\""

    /// - Parameters:
    ///   - program: a path, or a name that is looked up in PATH.
    ///   - output: gets standard output and standard error.
    init(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], input: FileHandle,
        output: FileHandle
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input.fileDescriptor, 0)
        posix_spawn_file_actions_adddup2(&actions, output.fileDescriptor, 1)
        posix_spawn_file_actions_adddup2(&actions, output.fileDescriptor, 2)
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0)=\($1)" }
        var words: [UnsafeMutablePointer<CChar>?] =
            (["bash", "-c", Self.closeTheRest, "bash", program] + arguments).map { strdup($0) } + [nil]
        var settings: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) } + [nil]
        defer { for word in words + settings { free(word) } }
        var child: pid_t = 0
        let code = posix_spawnp(&child, "bash", &actions, nil, &words, &settings)
        guard code == 0 else { throw SupportError("\(program) does not start: \(String(cString: strerror(code)))") }
        processID = child
        Thread.detachNewThread { [self] in
            var status: Int32 = 0
            while waitpid(processID, &status, 0) < 0, errno == EINTR {}
            ended(status & 0x7f == 0 ? (status >> 8) & 0xff : status & 0x7f)
        }
    }

    /// Exit code, or the number of the signal that ended it; nil while it runs.
    var status: Int32? { state.withLock { $0.status } }

    func waitForExit() async -> Int32 {
        await withCheckedContinuation { continuation in
            let status = state.withLock { state in
                if state.status == nil { state.waiting.append(continuation) }
                return state.status
            }
            if let status { continuation.resume(returning: status) }
        }
    }

    private func ended(_ status: Int32) {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            state.status = status
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: status) }
    }
}
