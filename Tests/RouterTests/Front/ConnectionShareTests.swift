import NIOCore
import Testing

@testable import Router

@Suite("Who makes room for new connections") struct ConnectionShareTests {
    typealias Use = ConnectionShares.Use
    private let now = NIODeadline.uptimeNanoseconds(0) + .seconds(1000)

    private func use(_ network: String, _ state: Use.State, secondsAgo: Int64) -> Use {
        Use(network: network, state: state, since: now - .seconds(secondsAgo))
    }
    private func givingWay(_ count: Int, _ uses: [Use]) -> [Int] {
        ConnectionShares.givingWay(count, of: uses, at: now)
    }

    @Test(
        """
        of one address the quiet ones go, the longest quiet first; where none is quiet, the longest slow; busy ones \
        never
        """
    )
    func oneAddress() {
        let uses = [
            use("a", .quiet, secondsAgo: 1), use("a", .quiet, secondsAgo: 9), use("a", .slow, secondsAgo: 50),
            use("a", .busy, secondsAgo: 99),
        ]
        #expect(givingWay(1, uses) == [1])
        #expect(givingWay(8, uses) == [1, 0], "not in the same breath")
        #expect(givingWay(8, Array(uses[2...])) == [0])
        #expect(givingWay(8, Array(uses[3...])).isEmpty)
        #expect(givingWay(8, [use("a", .slow, secondsAgo: 1)]).isEmpty, "a moment is not slow")
    }

    @Test("who has most gives way first, even if others have been quiet for longer")
    func most() {
        let uses = [
            use("b", .quiet, secondsAgo: 500), use("a", .quiet, secondsAgo: 1), use("a", .quiet, secondsAgo: 2),
            use("a", .quiet, secondsAgo: 3),
        ]
        #expect(givingWay(1, uses) == [3])
        #expect(givingWay(3, uses) == [3, 2, 0], "until all have the same")
    }

    @Test("slow bodies of who has most go before another's quiet connection")
    func slowOnes() {
        let uses = (0 ..< 9).map { use("a", .slow, secondsAgo: 10 + $0) } + [use("b", .quiet, secondsAgo: 500)]
        #expect(givingWay(8, uses) == [8, 7, 6, 5, 4, 3, 2, 1])
    }

    @Test("where who has most is at work, another's quiet connection makes room")
    func busyMost() {
        let uses = (0 ..< 9).map { use("a", .busy, secondsAgo: $0) } + [use("b", .quiet, secondsAgo: 5)]
        #expect(givingWay(8, uses) == [9])
    }

    @Test("a newcomer stays as long as another address has more", arguments: [Use.State.quiet, .slow])
    func newcomer(state: Use.State) {
        var uses = (0 ..< 100).map { use("flood", state, secondsAgo: 3 + $0) }
        uses.append(use("new", .quiet, secondsAgo: 0))
        for _ in 0 ..< 12 {
            let gone = Set(givingWay(8, uses))
            #expect(!gone.isEmpty)
            uses = uses.indices.filter { !gone.contains($0) }.map { uses[$0] }
            #expect(uses.contains { $0.network == "new" })
        }
    }

    @Test("an IPv4 address is one client, also as IPv6 writes it; of IPv6 a network is")
    func networks() throws {
        func network(_ text: String) throws -> String? { try SocketAddress(ipAddress: text, port: 1).network }
        #expect(try network("10.0.0.1") == "10.0.0.1")
        #expect(try network("::ffff:10.0.0.1") == "10.0.0.1")
        #expect(try network("2001:db8::1") == network("2001:db8::ffff:1"))
        #expect(try network("2001:db8::1") != network("2001:db8:0:1::1"))
        #expect(try network("::1") != network("10.0.0.1"))
    }
}
