internal import Hummingbird
internal import NIOCore
internal import Synchronization

/// What belongs to one HTTP request on its way through the front.
struct FrontContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Asked whether the client is still there.
    let connection: FrontConnection
    let facts: RequestFacts
    let record = RequestRecord()
    /// The index of the API key the request came with.
    var account = 0

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        // Elsewhere than on a `FrontChannel` nothing is known of the connection but when it is closed.
        connection = FrontConnection.current ?? FrontConnection(closing: source.channel)
        facts = connection.takeFacts()
    }
}

/// What the log line of a request tells beyond its status; filled in while the request is answered.
final class RequestRecord: Sendable {
    struct Fields {
        /// The id the client sees, such as `chatcmpl-…`.
        var id: String?
        /// Which API key the request came with.
        var key: String?
        /// The request's `user`.
        var user: String?
        var promptTokens: Int?
        var tally: Tally?
        /// Why an answer ended early, in a word.
        var trouble: String?
        /// The status that the answer would have had, if its beginning had not been sent yet.
        var lateStatus: Int?
    }
    private let fields = Mutex(Fields())

    var current: Fields { fields.withLock { $0 } }
    func update(_ change: (inout Fields) -> Void) { fields.withLock { change(&$0) } }
}
