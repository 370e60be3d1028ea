/// Which states of prefixes the router keeps, so that later requests need not compute them again, and under which name.
struct PrefixConfig: Sendable, Equatable {
    var keeping = KeepPolicy()
    /// The name under which attention keeps this router's states. Routers with equal names take each other's states for
    /// their own.
    var owner = "router"
}
