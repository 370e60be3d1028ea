internal import Messages
internal import Tensors
internal import Testing

@testable import Router

@Suite("Token groups") struct TokenGroupsTests {
    private let routes = [
        [Route(expert: 3, weight: 0.75), Route(expert: 1, weight: 0.25)],
        [Route(expert: 1, weight: 0.5), Route(expert: 0, weight: 0.5)],
        [Route(expert: 3, weight: 0.9), Route(expert: 0, weight: 0.1)],
    ]

    @Test("groups come in ascending order of experts, rows in order within each")
    func order() {
        let groups = TokenGroups(routes, sharedExpert: nil).groups
        #expect(groups.map(\.expert) == [0, 1, 3])
        #expect(groups.map { $0.members.map(\.row) } == [[1, 2], [0, 1], [0, 2]])
        #expect(groups.map { $0.members.map(\.weight) } == [[0.5, 0.1], [0.25, 0.5], [0.75, 0.9]])
    }

    @Test("a shared expert comes last and sees every row")
    func shared() {
        let groups = TokenGroups(routes, sharedExpert: 8).groups
        #expect(groups.last?.expert == 8)
        #expect(groups.last?.members.map(\.row) == [0, 1, 2])
    }

    @Test("the same batch gives the same groups in the same order every time")
    func determinism() {
        let many = (0 ..< 200).map { row in
            [Route(expert: row * 7 % 32, weight: 0.6), Route(expert: row * 11 % 31, weight: 0.4)]
        }
        let first = TokenGroups(many, sharedExpert: nil).groups
        for _ in 0 ..< 5 { #expect(TokenGroups(many, sharedExpert: nil).groups == first) }
    }
}
