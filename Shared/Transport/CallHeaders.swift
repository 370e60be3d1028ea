import NIOCore

/// The head of a call: `POST` to a path, the body's length, what is left of the caller's patience, and its trace.
///
/// On the wire: `:method`, `:scheme`, `:authority`, `:path`, `content-length`, and where known `x-timeout-ms` and
/// `traceparent`.
struct RequestHead: Equatable {
    let path: String
    let bodyCount: Int
    /// Milliseconds from when the head was sent.
    let timeoutMilliseconds: Int64?
    let traceparent: String?

    /// A week: longer timeouts are cut, so that no sum of times can overflow.
    static let timeoutMillisecondsMax: Int64 = 7 * 24 * 3600 * 1000

    init(path: String, bodyCount: Int, timeoutMilliseconds: Int64?, traceparent: String?) {
        self.path = path
        self.bodyCount = bodyCount
        self.timeoutMilliseconds = timeoutMilliseconds
        self.traceparent = traceparent.flatMap { Self.isTraceparent($0) ? $0 : nil }
    }

    /// Reads what a client sent.
    init(_ fields: HeaderFields, limits: RPCLimits) throws(RPCError) {
        guard fields[":method"] == "POST" else {
            throw RPCError(.invalidArgument, "the method is \(fields[":method"] ?? "missing"), expected POST")
        }
        guard let path = fields[":path"], path.hasPrefix("/") else {
            throw RPCError(
                .invalidArgument, "the path is \(fields[":path"] ?? "missing"), expected one that starts with /")
        }
        let bodyCount = try announcedCount(fields, of: "the request", max: limits.messageBytesMax)
        var timeout: Int64?
        if let text = fields["x-timeout-ms"] {
            guard let milliseconds = decimal(text) else {
                throw RPCError(.invalidArgument, "x-timeout-ms is \"\(text)\", expected a whole number of milliseconds")
            }
            timeout = min(milliseconds, Self.timeoutMillisecondsMax)
        }
        self.init(path: path, bodyCount: bodyCount, timeoutMilliseconds: timeout, traceparent: fields["traceparent"])
    }

    func block(authority: String) -> HeaderBlock {
        var block = HeaderBlock()
        block.append(":method", "POST")
        block.append(":scheme", "http")
        block.append(":authority", authority)
        block.append(":path", path)
        block.append("content-length", String(bodyCount))
        if let timeoutMilliseconds { block.append("x-timeout-ms", String(timeoutMilliseconds), remembered: false) }
        if let traceparent { block.append("traceparent", traceparent, remembered: false) }
        return block
    }

    /// Only lower-case hexadecimal digits and dashes, 55 of them: anything else could break the header block.
    private static func isTraceparent(_ text: String) -> Bool {
        text.utf8.count == 55
            && text.utf8.allSatisfy { (48 ... 57).contains($0) || (97 ... 102).contains($0) || $0 == 45 }
    }
}

/// The head of an answer: 200 and the body's length, or another status, `x-error-code`, and a sentence as the body.
struct AnswerHead: Equatable {
    let failure: RPCError.Code?
    let bodyCount: Int

    /// The longest sentence that travels, in bytes.
    static let sentenceBytesMax = 4096

    init(failure: RPCError.Code? = nil, bodyCount: Int) {
        self.failure = failure
        self.bodyCount = bodyCount
    }

    /// Reads what a server sent.
    init(_ fields: HeaderFields, limits: RPCLimits) throws(RPCError) {
        guard let text = fields[":status"], let status = decimal(text), (100 ..< 600).contains(status) else {
            throw RPCError(
                .protocolError, "the answer's status is \(fields[":status"] ?? "missing"), expected 200 to 599")
        }
        if status == 200 {
            self.init(bodyCount: try announcedCount(fields, of: "the answer", max: limits.messageBytesMax))
            return
        }
        let code = fields["x-error-code"].flatMap { RPCError.Code(name: $0) } ?? RPCError.Code(httpStatus: Int(status))
        // A foreign server may leave out the length of its error page; then the sentence is left out as well.
        let announced = fields["content-length"].flatMap(decimal) ?? 0
        self.init(failure: code, bodyCount: Int(min(announced, Int64(Self.sentenceBytesMax))))
    }

    func block() -> HeaderBlock {
        var block = HeaderBlock()
        block.append(":status", String(failure?.httpStatus ?? 200))
        block.append("content-length", String(bodyCount))
        if let failure {
            block.append("content-type", "text/plain; charset=utf-8")
            block.append("x-error-code", failure.name)
        }
        return block
    }

    /// The body of a failure: its sentence, cut at a character's border.
    static func sentence(of error: RPCError) -> ByteBuffer {
        var text = error.message
        if text.utf8.count > sentenceBytesMax {
            var end = text.utf8.index(text.startIndex, offsetBy: sentenceBytesMax)
            while String.Index(end, within: text) == nil { end = text.utf8.index(before: end) }
            text = String(text[..<end])
        }
        return ByteBuffer(string: text)
    }
}

/// `content-length`, checked before a single byte is set aside for it. Without one, no byte may follow (`InboundBody`
/// sees to that).
private func announcedCount(_ fields: HeaderFields, of what: String, max: Int) throws(RPCError) -> Int {
    guard let text = fields["content-length"] else { return 0 }
    guard let count = decimal(text) else {
        throw RPCError(
            .invalidArgument, "the content-length of \(what) is \"\(text)\", expected a whole number of bytes")
    }
    guard count <= max else {
        throw RPCError(.resourceExhausted, "\(what) has \(count) bytes, the limit is \(max)")
    }
    return Int(count)
}

/// A whole number written in at most 18 ASCII digits; nothing else, no sign, no blank.
private func decimal(_ text: String) -> Int64? {
    guard (1 ... 18).contains(text.utf8.count), text.utf8.allSatisfy({ (48 ... 57).contains($0) }) else { return nil }
    return Int64(text)
}
