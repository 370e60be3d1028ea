internal import Synchronization

/// What a service answers on its admin address beside what all services do; handlers may come while the server runs.
package final class AdminRoutes: Sendable {
    /// What a handler answers: an HTTP status and a body in JSON.
    package struct Answer: Sendable {
        /// The status code of HTTP.
        package let status: Int
        /// JSON.
        package let body: String

        /// Makes an answer of JSON; by default it reports success.
        package init(status: Int = 200, body: String) {
            self.status = status
            self.body = body
        }
    }
    /// Answers one request, given the whole body; a failure is an answer too, with a status that says so.
    package typealias Handler = @Sendable (_ body: [UInt8]) async -> Answer

    private let handlers = Mutex<[String: Handler]>([:])

    /// Begins without a route; `on` adds them.
    package init() {}

    /// - Parameter path: for example `/admin/plan`.
    package func on(_ method: String, _ path: String, _ handler: @escaping Handler) {
        handlers.withLock { $0["\(method) \(path)"] = handler }
    }

    func handler(_ method: String, _ path: String) -> Handler? { handlers.withLock { $0["\(method) \(path)"] } }
}
