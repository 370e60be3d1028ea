internal import FoundationEssentials

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// File descriptors: sockets and files that this process may have open.
package enum Descriptors {
    /// Open ones at most.
    package static var limit: Int { Int(clamping: current.rlim_cur) }

    /// Those that are open now.
    package static var openCount: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 64
    }

    /// Allows as many as the system does: the usual 1,024 are a habit of shells, made for programs that use `select`.
    package static func raiseLimit() {
        var limit = current
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(resource, &limit)        // whoever may not is left with what it had
    }

    private static var current: rlimit {
        var limit = rlimit()
        guard unsafe getrlimit(resource, &limit) == 0 else { return rlimit(rlim_cur: 1024, rlim_max: 1024) }
        return limit
    }

    #if canImport(Glibc)
    private static var resource: __rlimit_resource_t { __rlimit_resource_t(RLIMIT_NOFILE.rawValue) }
    #else
    private static var resource: Int32 { RLIMIT_NOFILE }
    #endif
}

/// Why a connection could not be accepted, where the next one may be.
package enum AcceptFailure {
    case noDescriptor, noMemory
    /// It went away before.
    case clientGone

    /// - Parameter code: what `accept` left in `errno`.
    package init?(code: CInt) {
        switch code {
        case EMFILE, ENFILE: self = .noDescriptor
        case ENOBUFS, ENOMEM: self = .noMemory
        case ECONNABORTED: self = .clientGone
        default: return nil
        }
    }
}

/// A file descriptor that is open for nothing but to be closed when one is needed.
package struct SpareDescriptor: ~Copyable {
    private var descriptor: CInt = -1

    /// Takes a descriptor, if there is one.
    package init() { take() }

    deinit { if descriptor >= 0 { _ = close(descriptor) } }

    /// Takes a descriptor again; where none is to be had, there is none until the next time.
    package mutating func take() {
        if descriptor < 0 { descriptor = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC) }
    }

    /// Gives the descriptor up, so that another can be opened.
    ///
    /// - Returns: whether there was one.
    package mutating func release() -> Bool {
        guard descriptor >= 0 else { return false }
        _ = close(descriptor)
        descriptor = -1
        return true
    }
}
