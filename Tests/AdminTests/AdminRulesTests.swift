import NIOCore
import Testing
import Transport

@testable import Admin

@Suite("Who may change something at the admin address") struct AdminGuardTests {
    private func refusal(_ host: String, listening: Address = .tcp(host: "0.0.0.0", port: 9090)) -> Int? {
        AdminGuard(address: listening, machine: "node-7.corp.example").refusal(
            host: host, origin: nil, contentType: "application/json")?.status
    }

    @Test(
        """
        addresses, names without dots, names of private networks, the machine's own and the one it listens under are \
        ours
        """,
        arguments: [
            "127.0.0.1", "10.1.2.3:9090", "[::1]:9090", "[fe80::1]", "localhost:9090", "LOCALHOST", "router",
            "router:9090", "router.:9090",
            "router.default.svc.cluster.local:9090", "router.prod.svc", "box.lan", "node-7.corp.example:9090",
            "Node-7.Corp.Example",
        ])
    func ours(host: String) { #expect(refusal(host) == nil) }

    @Test(
        "public names are not, and what is no name is none",
        arguments: [
            "evil.example", "evil.example:9090", "127.0.0.1.evil.example", "local.evil.example", "evil.example.",
            "1.2.3", "a@b", "[::1", "[::1].evil.example", "[x]", ":9090", "a b", "evil.example/", "lan.example",
        ])
    func foreign(host: String) { #expect(refusal(host) == 403) }

    @Test("a name that it listens under may have dots; a Unix socket is reached by no page, whatever the name")
    func listening() {
        #expect(refusal("admin.example:1", listening: .tcp(host: "admin.example", port: 1)) == nil)
        #expect(refusal("evil.example", listening: .unix(path: "/a")) == nil)
    }

    @Test("what is refused is repeated, but not without end")
    func echo() {
        let guardian = AdminGuard(address: .tcp(host: "127.0.0.1", port: 1), machine: "m")
        let long = String(repeating: "x.", count: 50_000)
        for refusal in [
            guardian.refusal(host: long, origin: nil, contentType: "application/json"),
            guardian.refusal(host: "a", origin: long, contentType: "application/json"),
            guardian.refusal(host: "a", origin: nil, contentType: long),
        ] { #expect(refusal.map { (200 ... 500).contains($0.reason.utf8.count) } == true) }
    }
}

@Suite("A connection to the admin server") struct AdminConnectionStateTests {
    private let start = NIODeadline.uptimeNanoseconds(1)

    @Test("the first request has five seconds from the connection's opening, however it trickles in")
    func first() {
        var state = AdminConnectionState(openedAt: start)
        #expect(state.deadline == start + .seconds(5))
        state.head(at: start + .seconds(4))
        #expect(state.deadline == start + .seconds(5))
        #expect(!state.use.isBusy && state.use.since == start)
    }

    @Test("a later request may take long to begin, and five seconds to end")
    func later() {
        var state = AdminConnectionState(openedAt: start)
        state.head(at: start)
        state.requestEnd(at: start + .seconds(1))
        #expect(state.use.isBusy)
        state.answerEnd(at: start + .seconds(2))
        #expect(state.deadline == start + .seconds(32) && state.hasServed && !state.use.isBusy)
        state.head(at: start + .seconds(20))
        #expect(state.deadline == start + .seconds(25))
    }

    @Test("an answer before its request's end does not lengthen the request's time")
    func early() {
        var state = AdminConnectionState(openedAt: start)
        state.head(at: start)
        state.answerEnd(at: start + .seconds(1))
        #expect(state.deadline == start + .seconds(5) && !state.hasServed)
        state.requestEnd(at: start + .seconds(2))
        #expect(state.phase == .waiting && state.hasServed && state.deadline == start + .seconds(32))
    }
}
