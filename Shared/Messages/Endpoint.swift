/// A call between processes: where it goes, what it takes and what it gives. `cluster.proto` describes each.
package struct Endpoint<Request: WireMessage, Response: WireMessage>: Sendable {
    /// Of the HTTP/2 request, for example `/minimax.cluster.v1/experts/run`.
    package let path: String
}
