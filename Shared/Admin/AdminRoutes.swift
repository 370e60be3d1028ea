internal import Synchronization

/// What a service answers on its admin address beside what all services do; handlers may come while the server runs.
package final class AdminRoutes: Sendable {
    package struct Answer: Sendable {
        package let status: Int
        /// JSON.
        package let body: String

        package init(status: Int = 200, body: String) {
            self.status = status
            self.body = body
        }
    }
    package typealias Handler = @Sendable (_ body: [UInt8]) async -> Answer

    private let handlers = Mutex<[String: Handler]>([:])

    package init() {}

    /// - Parameter path: for example `/admin/plan`.
    package func on(_ method: String, _ path: String, _ handler: @escaping Handler) {
        handlers.withLock { $0["\(method) \(path)"] = handler }
    }

    func handler(_ method: String, _ path: String) -> Handler? { handlers.withLock { $0["\(method) \(path)"] } }
}
