#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// How often threads of a process gave their core away, and so had to be woken up or resumed.
package struct ContextSwitches: Sendable, Equatable {
    /// To wait for something.
    package var voluntary = 0
    /// To another thread that wanted the core.
    package var involuntary = 0

    /// Of all threads that this process has and had, since its start.
    package static func ofThisProcess() -> ContextSwitches? {
        var usage = rusage()
        #if canImport(Glibc)
        let whole = Int32(RUSAGE_SELF.rawValue)
        #else
        let whole = RUSAGE_SELF
        #endif
        guard unsafe getrusage(whole, &usage) == 0 else { return nil }
        return ContextSwitches(voluntary: usage.ru_nvcsw, involuntary: usage.ru_nivcsw)
    }
}
