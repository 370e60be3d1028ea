internal import NIOCore
internal import Transport

/// Which requests may change something at the admin address: all that reach it, except those of web pages. A browser
/// reaches what its user reaches, so a stranger's page could act in the user's place.
///
/// A browser says in `Origin` whose page asks. A page whose own name was made to lead here ("DNS rebinding") gives
/// itself away by that name in `Host`: public names have dots, and names of a private network end in one of a few ways.
/// Reading stays open under any name.
struct AdminGuard {
    struct Refusal: Equatable {
        let status: Int
        let reason: String
    }

    let address: Address
    /// This machine's own name.
    let machine: String

    /// Endings that no name on the public internet has.
    private static let privateEndings = [
        ".localhost", ".local", ".internal", ".localdomain", ".lan", ".home.arpa", ".svc", ".test",
    ]

    /// - Parameters: what the request's header fields of these names say.
    /// - Returns: nil where the request may change something.
    func refusal(host: String?, origin: String?, contentType: String?) -> Refusal? {
        let type = contentType?.split(separator: ";").first.map { $0.lowercased().filter { $0 != " " && $0 != "\t" } }
        guard type == "application/json" else {
            return Refusal(status: 415, reason: "the content type is \(quoted(contentType)), expected application/json")
        }
        guard let host, !host.isEmpty else {
            return Refusal(status: 400, reason: "the request has no Host header field")
        }
        if let origin,
            !["http://\(host)", "https://\(host)"].contains(where: { $0.lowercased() == origin.lowercased() })
        {
            return Refusal(
                status: 403,
                reason: "the request comes from a page of \(quoted(origin)); pages of other origins change nothing here"
            )
        }
        if case .tcp(let own, _) = address, !isOurs(host, own) {
            return Refusal(
                status: 403,
                reason:
                    """
                    Host is \(quoted(host)); changes are taken under an IP address, a name without dots, or one that \
                    ends in \(Self.privateEndings.joined(separator: ", "))
                    """
            )
        }
        return nil
    }

    private func isOurs(_ host: String, _ own: String) -> Bool {
        guard let name = Self.name(of: host.lowercased()) else { return false }
        return !name.contains(".") && !name.contains(":") || Self.isIPAddress(name) || name == own.lowercased()
            || name == machine.lowercased()
            || Self.privateEndings.contains(where: name.hasSuffix)
    }

    /// Without port, brackets and the dot at the end; nil where it is no name.
    private static func name(of host: String) -> String? {
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]") else { return nil }
            let inside = String(host[..<end].dropFirst()), rest = host[end...].dropFirst()
            return (rest.isEmpty || rest.first == ":") && isIPAddress(inside) ? inside : nil
        }
        let name = host.prefix { $0 != ":" }
        let isName = !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"@/?#\\".utf8.contains($0) }
        return isName ? String(name.last == "." ? name.dropLast() : name) : nil
    }

    private static func isIPAddress(_ text: String) -> Bool { (try? SocketAddress(ipAddress: text, port: 0)) != nil }

    private func quoted(_ text: String?) -> String { text.map { "\"\($0.prefix(200))\"" } ?? "missing" }
}
