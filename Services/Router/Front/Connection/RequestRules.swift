internal import Hummingbird
internal import NIOHTTP1

/// What the head of a request means for its connection and its answer.
struct RequestFacts: Sendable, Equatable {
    var isHTTP10 = false
    /// The answer has no content.
    var isHead = false
    /// Whether the client wants to ask more on this connection.
    var keepsAlive = true
    /// The client waits for `100 Continue` before it sends the body.
    var awaitsContinue = false
    /// Why the request is refused whatever its path; nothing of it is looked at then.
    var refusal: APIError?
    /// Whether method and path were read.
    var isReadable = true
}

/// The rules of HTTP/1.1 (RFC 9110 and 9112) that stand above every path.
enum RequestRules {
    static func facts(_ head: HTTPRequestHead) -> RequestFacts {
        let isHTTP10 = head.version == .http1_0
        var facts = RequestFacts(isHTTP10: isHTTP10, isHead: head.method == .HEAD)
        facts.keepsAlive = head.isKeepAlive && head.method != .CONNECT
        facts.awaitsContinue =
            !isHTTP10 && hasBody(head)
            && head.headers[canonicalForm: "expect"].contains { $0.lowercased() == "100-continue" }
        facts.refusal = framingFault(head) ?? hostFault(head) ?? encodingFault(head)
        if let refusal = facts.refusal, refusal.endsConnection { facts.keepsAlive = false }
        return facts
    }

    private static func hasBody(_ head: HTTPRequestHead) -> Bool {
        head.headers.contains(name: "transfer-encoding")
            || head.headers.first(name: "content-length").map { $0 != "0" } ?? false
    }

    /// A body whose end is not sure must not be followed by another request (RFC 9112, section 6.1).
    private static func framingFault(_ head: HTTPRequestHead) -> APIError? {
        let codings = head.headers[canonicalForm: "transfer-encoding"]
        if codings.isEmpty { return nil }
        if head.version == .http1_0 {
            return .ending(
                .badRequest, "Transfer-Encoding needs HTTP/1.1, but the request says HTTP/1.0.",
                code: "invalid_transfer_encoding")
        }
        guard codings.count == 1, codings[0].lowercased() == "chunked" else {
            let found = codings.joined(separator: ", ").prefix(100)
            return .ending(
                .notImplemented, "Transfer-Encoding must be chunked, but is '\(found)'.",
                code: "unsupported_transfer_encoding")
        }
        return nil
    }

    private static func hostFault(_ head: HTTPRequestHead) -> APIError? {
        let hosts = head.headers["host"]
        switch hosts.count {
        case 0 where head.version == .http1_0: return nil
        case 0:
            return .ending(.badRequest, "The request has no Host header; HTTP/1.1 asks for one.", code: "invalid_host")
        case 1 where isHost(hosts[0]): return nil
        case 1:
            return .ending(
                .badRequest,
                "The request's Host is no host name or address with an optional port: '\(hosts[0].prefix(100))'.",
                code: "invalid_host")
        default:
            return .ending(
                .badRequest, "The request has \(hosts.count) Host headers, expected one.", code: "invalid_host")
        }
    }

    /// A name, an IPv4 address or an IPv6 one in brackets, then perhaps a port (RFC 3986, section 3.2). Empty is
    /// allowed.
    static func isHost(_ text: String) -> Bool {
        var bytes = text.utf8[...]
        if bytes.first == UInt8(ascii: "[") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { return false }
            guard
                bytes[bytes.startIndex ..< end].dropFirst().allSatisfy({
                    isHexDigit($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
                })
            else { return false }
            bytes = bytes[bytes.index(after: end)...]
        } else {
            bytes = bytes.drop { isNameByte($0) }
        }
        guard let colon = bytes.first else { return true }
        let port = bytes.dropFirst()
        return colon == UInt8(ascii: ":") && port.count <= 5 && port.allSatisfy { isDigit($0) }
    }

    /// Letters, digits and `-._~%!$&'()*+;=`. A comma, which two joined headers would have, is not accepted.
    private static func isNameByte(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x41 ... 0x5A).contains(byte & 0xDF) || "-._~%!$&'()*+;=".utf8.contains(byte)
    }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30 ... 0x39).contains(byte) }
    private static func isHexDigit(_ byte: UInt8) -> Bool { isDigit(byte) || (0x41 ... 0x46).contains(byte & 0xDF) }

    // MARK: compressed bodies

    /// What a body may be compressed with; a name of old counts too.
    static func compression(_ head: HTTPRequestHead) -> String? {
        let codings = codings(head)
        guard codings.count == 1 else { return nil }
        switch codings[0] {
        case "gzip", "x-gzip": return "gzip"
        case "deflate": return "deflate"
        default: return nil
        }
    }

    private static func codings(_ head: HTTPRequestHead) -> [String] {
        head.headers[canonicalForm: "content-encoding"].map { $0.lowercased() }.filter {
            $0 != "identity" && !$0.isEmpty
        }
    }

    private static func encodingFault(_ head: HTTPRequestHead) -> APIError? {
        let codings = codings(head)
        guard !codings.isEmpty, compression(head) == nil else { return nil }
        let found = codings.joined(separator: ", ").prefix(100)
        return APIError(
            status: .unsupportedMediaType, message: "Content-Encoding is '\(found)', expected gzip, deflate or none.",
            code: "unsupported_content_encoding",
            acceptEncoding: "gzip, deflate")
    }
}
