/// Whose prefixes are shared: those of requests with equal scopes.
struct PrefixScope: Sendable, Hashable {
    /// The account's identity and the request's cache salt, in a form that is the same after a restart of the router.
    var text: String

    /// Of requests that belong to no account in particular.
    static let everyone = PrefixScope(text: "")
}
