internal import NIOCore

extension TimeAmount {
    /// As flags give times; parts of a second are left out.
    var wholeSeconds: Int { Int(nanoseconds / 1_000_000_000) }
}
