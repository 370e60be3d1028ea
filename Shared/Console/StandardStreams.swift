internal import ArgumentParser

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Writes `text`, with a line end, to standard output: what a command has to say. What could not be written was not
/// told, so it throws.
///
/// - Throws: see `writeToStandardOutput`.
package func printToStandardOutput(_ text: String) throws {
    try writeToStandardOutput(shown(text, keepingLines: true) + "\n")
}

/// Writes `text` to standard output as it is.
///
/// - Throws: `StartError` with the system's reason. Where the reader has gone, an exit code without a word: that of a
///   command that SIGPIPE ended.
package func writeToStandardOutput(_ text: String) throws {
    switch writeAll(text, to: STDOUT_FILENO) {
    case 0: break
    case EPIPE: throw ExitCode(128 + SIGPIPE)
    case EBADF: throw StartError("standard output is closed")
    case let code: throw StartError("standard output cannot be written: \(unsafe String(cString: strerror(code)))")
    }
}

/// Writes `text` to standard error; what cannot be written (a closed pipe) is lost, as nobody reads it.
package func writeToStandardError(_ text: String) { _ = writeAll(shown(text, keepingLines: true), to: STDERR_FILENO) }

/// - Returns: 0, or why not all could be written.
private func writeAll(_ text: String, to descriptor: CInt) -> CInt {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
        let written = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
        if written >= 0 {
            bytes = bytes.dropFirst(written)
        } else if errno == EAGAIN {
            // Whoever shares the pipe may have made it one that does not wait.
            var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            _ = unsafe poll(&wanted, 1, -1)
        } else if errno != EINTR {
            return errno
        }
    }
    return 0
}

/// To be called first. A reader that goes away becomes an error code instead of ending the process. A standard stream
/// that is closed gets /dev/null, opened the wrong way round, so that using it still fails: else the next file or
/// socket would get its number, and what we print.
package func guardStandardStreams() {
    signal(SIGPIPE, SIG_IGN)
    for (descriptor, mode) in [(STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY)]
    where fcntl(descriptor, F_GETFD) < 0 {
        // The lowest number that is free is this one, since those below are open.
        _ = unsafe open("/dev/null", mode)
    }
}
