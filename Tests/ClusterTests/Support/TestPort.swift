@testable import LocalCluster

/// Ports for programs that are told one before they listen on it.
enum TestPort {
    /// Free now, and below those that the system gives to sockets which ask for any: none of them takes it meanwhile.
    static func free() async throws -> Int {
        for _ in 0 ..< 100 {
            if let port = try? await PortProbe.port(
                host: "127.0.0.1", port: .random(in: 20_000 ..< 32_000), purpose: "a test's port")
            {
                return port
            }
        }
        throw SupportError("no free port from 20000 to 31999")
    }
}
