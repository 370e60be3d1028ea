/// Where a service listens: a Unix socket on this machine, or a TCP port.
package enum Address: Sendable, Hashable, CustomStringConvertible {
    case unix(path: String)
    case tcp(host: String, port: Int)

    /// The longest path that fits `sockaddr_un.sun_path` on Linux, in bytes, without its closing zero.
    package static let unixPathBytesMax = 107

    /// Reads `unix:/run/x.sock`, `host:port` or `[::1]:9000`. Port 0 means that the system picks one.
    package init(parsing text: String) throws(AddressError) {
        if text.hasPrefix("unix:") {
            self = .unix(path: try Self.unixPath(String(text.dropFirst("unix:".count)), in: text))
            return
        }
        guard let colon = text.lastIndex(of: ":") else { throw AddressError(text: text, reason: "it has no port") }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ (48 ... 57).contains($0) }), let port = UInt16(digits) else {
            throw AddressError(text: text, reason: "its port \"\(digits)\" is not a number from 0 to 65535")
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw AddressError(text: text, reason: "an IPv6 address belongs in brackets, as in [::1]:9000")
        }
        guard !host.isEmpty else { throw AddressError(text: text, reason: "its host is empty") }
        self = .tcp(host: String(host), port: Int(port))
    }

    /// The form that `init(parsing:)` reads.
    package var description: String {
        switch self {
        case .unix(let path): "unix:\(path)"
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }

    private static func unixPath(_ path: String, in text: String) throws(AddressError) -> String {
        guard !path.isEmpty else { throw AddressError(text: text, reason: "its path is empty") }
        guard !path.utf8.contains(0) else { throw AddressError(text: text, reason: "its path holds a zero byte") }
        guard path.utf8.count <= unixPathBytesMax else {
            throw AddressError(
                text: text, reason: "its path has \(path.utf8.count) bytes, a socket's may have \(unixPathBytesMax)")
        }
        return path
    }
}

/// A text that is no address.
package struct AddressError: Error, Equatable, CustomStringConvertible {
    /// The text as it was given.
    package let text: String
    /// What is wrong with the text, as a clause for people.
    package let reason: String

    /// The text, what is wrong with it, and what was expected.
    package var description: String {
        "\"\(text)\" is not an address: \(reason); expected unix:PATH, HOST:PORT or [IPV6]:PORT"
    }
}
