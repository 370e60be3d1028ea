internal import Messages
internal import Metrics

/// What the head's answers cost on the wire.
struct HeadMetrics: Sendable {
    private let rows = Counter(label: "minimax_head_rows_total")
    private let bytes = Counter(label: "minimax_head_bytes_total")

    /// A call for some rows has been answered.
    ///
    /// - Parameter bytes: of the requests and answers of all parts, see `headBytes`.
    func answered(rows: Int, bytes: Int) {
        self.rows.increment(by: rows)
        self.bytes.increment(by: bytes)
    }
}

/// What asking a part of the head costs on the wire beyond the rows themselves.
func headBytes(_ request: HeadRequest, _ response: HeadResponse) -> Int {
    request.byteCount + response.byteCount - request.hidden.count * MemoryLayout<Float>.size
}

extension WireMessage {
    /// The size of the message on the wire.
    var byteCount: Int { unsafe encoded { count, _ in count } }
}
