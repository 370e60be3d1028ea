import Testing

@testable import Attention

@Suite("Leases of owners") struct OwnerLeasesTests {
    private static let time = Duration.seconds(100)
    private static let all: Set<String> = ["a", "b"]

    private static func at(_ seconds: Int) -> Duration { .seconds(seconds) }

    @Test("any call of an owner's router counts; of one that was never heard of, the silence begins when it is seen")
    func silence() {
        var leases = OwnerLeases()
        func silent(_ seconds: Int, _ owners: Set<String> = Self.all) -> Set<String> {
            leases.silent(among: owners, for: Self.time, at: Self.at(seconds))
        }
        leases.heard(1, of: "a", at: .zero)
        #expect(silent(1) == [])
        leases.heard(1, at: Self.at(90))
        leases.heard(7, at: Self.at(90))
        #expect(silent(101) == [])
        #expect(silent(102) == ["b"])
        #expect(silent(190) == ["b"])
        #expect(silent(191) == ["a", "b"])
    }

    @Test("a router of the same owner that begins anew keeps the owner's states; one whose lease ended does not")
    func restart() {
        var leases = OwnerLeases()
        leases.heard(1, of: "a", at: .zero)
        leases.forget(1)
        leases.heard(1, at: Self.at(50))
        leases.heard(2, of: "a", at: Self.at(60))
        #expect(leases.silent(among: ["a"], for: Self.time, at: Self.at(160)) == [])
        #expect(leases.silent(among: ["a"], for: Self.time, at: Self.at(161)) == ["a"])
    }

    @Test("owners without states and without routers are forgotten")
    func forgetting() {
        var leases = OwnerLeases()
        leases.heard(1, of: "a", at: .zero)
        leases.forget(1)
        #expect(leases.silent(among: [], for: Self.time, at: Self.at(200)) == [])
        #expect(leases.silent(among: ["a"], for: Self.time, at: Self.at(300)) == [], "it is as if never heard of")
    }
}
