/// How the REST front behaves; the service fills it from its flags.
struct FrontConfig: Sendable {
    /// Accepted as `Authorization: Bearer …`. Empty lets everybody in.
    var apiKeys: [String] = []
    /// A larger request body is refused with 413 before it is read.
    var bodyBytesMax = 32 << 20
    /// A stream never stays silent longer than this.
    var keepAlive: Duration = .seconds(10)
    /// How many choices of one request run at once; the others wait for them.
    var choicesAtOnce = 8
    /// Whether control tokens that are spelled in chat messages and tools count as such.
    var trustsSpecialTokens = false
}
