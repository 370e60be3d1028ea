internal import Chat
internal import Tokenizer

/// How the REST front behaves; the service fills it from its flags.
struct FrontConfig: Sendable {
    /// Address on which the REST API listens.
    var host = "127.0.0.1"
    /// 0: the system chooses one.
    var port = 8080
    /// Accepted as `Authorization: Bearer …`. Empty lets everybody in.
    var apiKeys: [String] = []
    /// What the log calls each of them, where it has a name.
    var apiKeyNames: [String?] = []
    /// Pages of other origins that browsers let in.
    var crossOrigin = CrossOrigin()
    /// A larger request body is refused with 413 before it is read.
    var bodyBytesMax = 32 << 20
    /// All bodies together, while they are read; a quarter of it for each client.
    var bodiesBytesMax = 256 << 20
    var connection = ConnectionLife.Limits()
    /// Connections at a time; beyond them the quietest is closed, or new ones wait.
    var connectionsMax = 8192
    /// A stream never stays silent longer than this.
    var keepAlive: Duration = .seconds(10)
    /// How many choices of one request run at once; the others wait for them.
    var choicesAtOnce = 8
    /// Whether control tokens that are spelled in chat messages and tools count as such.
    var trustsSpecialTokens = false
    /// Makes the prompts of chats.
    var template: any PromptTemplate = ChatTemplate()
    /// For how many days stored responses and chat completions are kept; 0: for ever. OpenAI keeps them for 30.
    var storedDays = 30
    /// Whether requests with different API keys share prefixes.
    var sharesPrefixes = false
}

extension FrontConfig {
    /// Sessions consist of messages that are rendered one by one, which only the family's own template can do.
    ///
    /// - Parameter name: of the parameter that asks for it.
    func templateOfSessions(_ name: String) throws(APIError) -> ChatTemplate {
        guard let template = template as? ChatTemplate else {
            throw .notSupported(
                name,
                """
                '\(name)' is not supported: sessions of messages need the model family's own chat template. Send all \
                messages each time; what was computed of them is reused.
                """)
        }
        return template
    }
}
