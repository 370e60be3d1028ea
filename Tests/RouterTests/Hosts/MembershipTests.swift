import Logging
import Messages
import Testing

@testable import Router

/// Every rule by itself; `MembershipFuzzTests` has them all at once.
@Suite("Membership") struct MembershipTests {
    private static let inventory = TestHosts.inventory(layers: 2, experts: 2)
    private static let everything = TestMembers.everything(inventory)
    private static let nothing = UnitMap(inventory)

    private func membership() -> Membership { TestMembers.membership(Self.inventory) }

    /// Members that are connected and are asked to hold everything, which they do not yet.
    private func members(_ names: String...) -> (Membership, [Member.ID]) {
        var membership = membership()
        let ids = names.map { membership.join($0) }
        _ = membership.wantsChanged(Dictionary(uniqueKeysWithValues: names.map { ($0, Self.everything) }))
        return (membership, ids)
    }

    private func seconds(_ count: Double) -> Duration { .seconds(count) }

    // MARK: coming

    @Test("who announces itself becomes a member that the router connects to, and holds nothing yet")
    func announced() throws {
        var membership = membership()
        let (answer, actions) = membership.announced(TestHosts.announcement("a"), at: seconds(3))
        let member = try #require(membership.members["a"])
        #expect(answer == .member(member.id))
        #expect(actions.first == .connect(member.id))
        #expect(actions.logged == ["expert host announced"])
        #expect(member.role == .expertHost && member.standing == .sound && member.joined == seconds(3))
        #expect(!member.isConnected && member.units.ready == Self.nothing)
        #expect(membership.connected.isEmpty)
    }

    @Test("who announces itself again stays the same member, and says how fast it is now")
    func again() throws {
        var membership = membership()
        let id = membership.join("a")
        let request = TestHosts.announcement("a", bandwidth: 7, measurements: 4)
        let (answer, actions) = membership.announced(request, at: .zero)
        #expect(answer == .member(id) && actions == [])
        #expect(membership[id]?.bandwidth == 7 && membership[id]?.measurements == 4)
    }

    @Test("a connection is told to dispatch and makes a new plan")
    func connected() throws {
        var membership = membership()
        let id = try #require(membership.announced(TestHosts.announcement("a"), at: .zero).answer.id)
        #expect(membership.connected(id) == [.signal(id), .plan, .publish])
        #expect(membership.connected.map(\.id) == [id])
        #expect(membership.nextErrand(id) == .keep([]), "what it holds from before is let go")
        #expect(membership.nextErrand(id) == nil)
    }

    @Test("a second host with a name that is in use is refused as long as the first is connected")
    func nameIsTaken() {
        var membership = membership()
        membership.join("a")
        let other = TestHosts.announcement("a", instance: "other")
        let (answer, actions) = membership.announced(other, at: .zero)
        #expect(answer == .refused(.nameIsTaken("a", address: "unix:/nowhere/a.sock")))
        #expect(actions.logged == ["expert host refused"])
    }

    @Test("a new run takes the place of one that was never connected, and is another member")
    func newRun() throws {
        var membership = membership()
        let old = try #require(membership.announced(TestHosts.announcement("a"), at: .zero).answer.id)
        let (answer, actions) = membership.announced(TestHosts.announcement("a", instance: "new"), at: seconds(1))
        let new = try #require(answer.id)
        #expect(new != old && new.number > old.number && membership[old] == nil)
        #expect(actions.first == .dismiss(old) && actions.contains(.connect(new)))
        #expect(actions.logged == ["expert host gone", "expert host announced"])
    }

    @Test("a host that was lost and has come again is another one, even if its process is the same")
    func lostAndBack() {
        var (membership, ids) = members("a", "b")
        let lost = membership.lost(ids[0], why: "test", at: .zero)
        #expect(lost.first == .dismiss(ids[0]))
        let back = membership.join("a")
        #expect(back != ids[0])
        let late = [
            membership.lost(ids[0], why: "late news", at: .zero),
            membership.late(ids[0], why: "late news", lapses: 9, at: .zero),
            membership.believed(ids[0]), membership.connected(ids[0]), membership.lacks(ids[0], []),
            membership.loaded(ids[0], []), membership.damaged(ids[0], fault: "late news", at: .zero),
        ]
        #expect(late.allSatisfy { $0.isEmpty }, "what is said of the old one")
        #expect(membership.doubted(ids[0]) == [])
        #expect(membership.nextErrand(ids[0]) == nil)
        #expect(membership[back]?.isSound == true && membership[back]?.isConnected == true)
    }

    @Test("who is about to stop and is no member may stop at once")
    func strangerStops() {
        var membership = membership()
        let (answer, actions) = membership.announced(TestHosts.announcement("a", draining: true), at: .zero)
        #expect(answer == .mayStop && actions == [])
        #expect(membership.members.isEmpty)
    }

    @Test("there are at most 1024 members")
    func tooMany() {
        var membership = membership()
        for index in 0 ..< 1024 { _ = membership.announced(TestHosts.announcement("\(index)"), at: .zero) }
        #expect(membership.members.count == 1024)
        let (answer, _) = membership.announced(TestHosts.announcement("one more"), at: .zero)
        #expect(answer == .refused(.tooManyHosts(1024)))
    }

    // MARK: going

    @Test("who is lost is dismissed, told to dispatch, and missed in the next plan")
    func lost() {
        var (membership, ids) = members("a", "b")
        let actions = membership.lost(ids[0], why: "it broke", at: seconds(60))
        #expect(actions.first == .dismiss(ids[0]))
        #expect(actions.suffix(2) == [.publish, .plan])
        #expect(actions.logged == ["expert host gone"])
        #expect(membership.members.keys.sorted() == ["b"])
        #expect(membership.lost(ids[0], why: "again", at: seconds(60)) == [])
    }

    @Test("who is lost soon after it came is in quarantine from the second time on, and is refused that long")
    func quarantine() {
        var membership = membership()
        for loss in 0 ..< 2 {
            let id = membership.join("a", at: seconds(Double(loss)))
            #expect(membership.standing(of: "a", at: .zero) == .sound)
            _ = membership.lost(id, why: "test", at: seconds(Double(loss)))
        }
        #expect(membership.standing(of: "a", at: seconds(1.9)) == .quarantined(losses: 2))
        let early = membership.announced(TestHosts.announcement("a"), at: seconds(1.9))
        #expect(early.answer == .refused(.quarantined(name: "a", losses: 2)))
        #expect(early.actions.logged == ["expert host refused"])
        #expect(membership.standing(of: "a", at: seconds(2)) == nil)
        #expect(membership.announced(TestHosts.announcement("a"), at: seconds(2)).answer.id != nil)
    }

    @Test("who was lost while it was stopping comes again as often as it likes")
    func restarts() {
        var membership = membership()
        for index in 0 ..< 5 {
            let id = membership.join("a")
            _ = membership.announced(TestHosts.announcement("a", draining: true), at: .zero)
            _ = membership.lost(id, why: "run \(index) has stopped", at: .zero)
        }
        #expect(membership.standing(of: "a", at: .zero) == nil)
    }

    @Test("a run that has read damaged weights is lost and never admitted again; another run is")
    func damaged() throws {
        var membership = membership()
        let id = membership.join("a")
        let actions = membership.damaged(id, fault: "tensor x", at: seconds(60))
        let sentence = "expert host a holds damaged or foreign weights: tensor x"
        #expect(actions.logged == ["damaged weights", "expert host gone"])
        #expect(actions.contains(.dismiss(id)))
        #expect(membership.sight(expected: nil, problem: nil).damage == sentence)
        let (answer, _) = membership.announced(TestHosts.announcement("a"), at: seconds(1000))
        #expect(answer == .refused(.damagedWeights(sentence)))
        let other = TestHosts.announcement("a", instance: "other")
        #expect(membership.announced(other, at: seconds(1000)).answer.id != nil)
        membership.forgetLastDamage()
        #expect(membership.sight(expected: nil, problem: nil).damage == nil)
    }

    // MARK: standing

    @Test("who lets a deadline pass is late, which is told once, and is lost after three in a row")
    func late() {
        var (membership, ids) = members("a", "b")
        let actions = membership.late(ids[0], why: "no answer", lapses: 1, at: .zero)
        #expect(actions.logged == ["expert host does not answer"])
        #expect(actions.suffix(3) == [.signal(ids[0]), .publish, .plan])
        #expect(membership[ids[0]]?.standing == .late)
        #expect(membership.late(ids[0], why: "no answer", lapses: 2, at: .zero) == [])
        let third = membership.late(ids[0], why: "no answer", lapses: 3, at: .zero)
        #expect(third.contains(.dismiss(ids[0])))
        #expect(membership[ids[0]] == nil)
    }

    @Test("who is late is asked for something until it answers, and is sound again then")
    func answersAgain() {
        var membership = membership()
        let id = membership.join("a")
        _ = membership.nextErrand(id)
        #expect(membership.nextErrand(id) == nil)
        _ = membership.late(id, why: "no answer", lapses: 1, at: .zero)
        #expect(membership.nextErrand(id) == .load([]))
        #expect(membership.nextErrand(id) == .load([]))
        let actions = membership.loaded(id, [])
        #expect(actions.logged == ["expert host answers again"])
        #expect(actions.contains(.plan) && actions.contains(.publish))
        #expect(membership[id]?.isSound == true)
        #expect(membership.nextErrand(id) == nil)
    }

    @Test("nobody is doubted where there is nobody else to ask who is connected and sound")
    func doubtNeedsOthers() {
        var (membership, ids) = members("a", "b")
        _ = membership.announced(TestHosts.announcement("unconnected"), at: .zero)
        _ = membership.late(ids[1], why: "test", lapses: 1, at: .zero)
        #expect(membership.doubted(ids[0]) == nil)
        #expect(membership[ids[0]]?.isSound == true)
        _ = membership.loaded(ids[1], [])
        #expect(membership.doubted(ids[0]) == [.publish, .plan])
        #expect(membership[ids[0]]?.standing == .doubted)
        #expect(membership.doubted(ids[1]) == nil, "the other one is doubted")
    }

    @Test("loading clears nobody of doubt, being late does not add to it, and only others' failure ends it")
    func doubt() {
        var (membership, ids) = members("a", "b")
        _ = membership.doubted(ids[0])
        #expect(membership.late(ids[0], why: "test", lapses: 1, at: .zero) == [])
        _ = membership.loaded(ids[0], [])
        #expect(membership[ids[0]]?.standing == .doubted)
        #expect(membership.believed(ids[0]) == [.publish, .plan])
        #expect(membership[ids[0]]?.standing == .sound)
        #expect(membership.believed(ids[0]) == [], "that is told once")
    }

    @Test("who is doubted and holds all it shall is not asked to load for nothing, as one that is late is")
    func doubtedErrands() {
        var membership = membership()
        let ids = [membership.join("a"), membership.join("b")]
        for id in ids { _ = membership.nextErrand(id) }
        _ = membership.doubted(ids[0])
        #expect(membership.nextErrand(ids[0]) == nil)
    }

    // MARK: units

    @Test("wants are signalled, loaded in batches, and used from the moment they are there")
    func loading() {
        var (membership, ids) = members("a")
        _ = membership.nextErrand(ids[0])
        let units = Array(Self.everything.units())
        #expect(membership.nextErrand(ids[0]) == .load(units))
        #expect(membership.loaded(ids[0], [units[0]]) == [.publish])
        #expect(membership[ids[0]]?.units.ready.eighthCount == 8)
        #expect(membership.nextErrand(ids[0]) == .load(Array(units.dropFirst())))
        _ = membership.loaded(ids[0], units)
        #expect(membership[ids[0]]?.units.isSettled == true)
        #expect(membership.nextErrand(ids[0]) == nil)
    }

    @Test("the layer that a step waits for is loaded first, and everyone is signalled")
    func needed() {
        var (membership, ids) = members("a", "b")
        let actions = membership.needed(layer: 1)
        #expect(actions.count == 2 && ids.allSatisfy { actions.contains(.signal($0)) })
        _ = membership.nextErrand(ids[0])
        #expect(membership.nextErrand(ids[0]) == .load(Array(Self.everything.units(first: 1))))
    }

    @Test("units that a host turned out not to hold are loaded again")
    func lacking() {
        var (membership, ids) = members("a")
        let units = Array(Self.everything.units())
        _ = membership.nextErrand(ids[0])
        _ = membership.loaded(ids[0], units)
        #expect(membership.lacks(ids[0], [units[2]]) == [.publish, .signal(ids[0])])
        #expect(membership.nextErrand(ids[0]) == .load([units[2]]))
    }

    @Test("what an earlier plan wanted is let go only when everyone who answers has what the new one wants")
    func settling() {
        var (membership, ids) = members("a", "b", "c")
        let units = Array(Self.everything.units())
        for id in ids {
            _ = membership.nextErrand(id)
            _ = membership.loaded(id, units)
        }
        _ = membership.lacks(ids[1], units)
        _ = membership.lacks(ids[2], units)
        let actions = membership.wantsChanged(["a": Self.nothing, "b": Self.everything, "c": Self.everything])
        #expect(actions == ids.map { .signal($0) })
        #expect(membership[ids[0]]?.units.ready == Self.everything, "the others have not loaded it yet")
        #expect(membership.nextErrand(ids[0]) == nil)
        _ = membership.late(ids[2], why: "test", lapses: 1, at: .zero)
        let settled = membership.loaded(ids[1], units)
        #expect(settled == [.signal(ids[0]), .publish], "the one that is late is not waited for")
        #expect(membership[ids[0]]?.units.ready == Self.nothing)
        #expect(membership.nextErrand(ids[0]) == .keep([]))
    }

    // MARK: looking

    @Test("plans count on those that are connected, stay, are not emptied, and are sound; or on all where none is")
    func candidates() {
        var (membership, ids) = members("a", "b", "c", "d")
        _ = membership.announced(TestHosts.announcement("unconnected"), at: .zero)
        _ = membership.announced(TestHosts.announcement("c", draining: true), at: .zero)
        func names() -> [String] { membership.candidates(drained: ["d"]).map(\.name) }
        #expect(names() == ["a", "b"])
        _ = membership.late(ids[0], why: "test", lapses: 1, at: .zero)
        #expect(names() == ["b"])
        _ = membership.late(ids[1], why: "test", lapses: 1, at: .zero)
        #expect(names() == ["a", "b"])
    }

    @Test("who is about to stop is asked last")
    func order() {
        var (membership, _) = members("a", "b", "c")
        _ = membership.announced(TestHosts.announcement("a", draining: true), at: .zero)
        #expect(membership.connected.map(\.name) == ["b", "c", "a"])
    }

    @Test("stopping makes a new plan, once")
    func stopping() {
        var (membership, ids) = members("a")
        let request = TestHosts.announcement("a", draining: true)
        let (answer, actions) = membership.announced(request, at: .zero)
        #expect(answer == .member(ids[0]))
        #expect(actions.logged == ["expert host is stopping"] && actions.last == .plan)
        #expect(membership.announced(request, at: .zero).actions == [])
    }

    @Test("who wants to stop may when it holds nothing, or when nobody can take over and nobody asks it")
    func released() {
        var (membership, ids) = members("a", "b")
        _ = membership.loaded(ids[0], Array(Self.everything.units()))
        func isReleased(idle: Double, drained: Set<String> = []) -> Bool {
            membership.isReleased(ids[0], idle: seconds(idle), drained: drained)
        }
        #expect(!isReleased(idle: 100, drained: ["b"]), "it does not want to stop")
        _ = membership.announced(TestHosts.announcement("a", draining: true), at: .zero)
        #expect(!isReleased(idle: 100), "b is to take over")
        #expect(isReleased(idle: 1.1, drained: ["b"]))
        #expect(!isReleased(idle: 0.9, drained: ["b"]), "it is asked")
        _ = membership.lacks(ids[0], Array(Self.everything.units()))
        #expect(isReleased(idle: 0))
    }

    @Test("what is held is counted over those that answer, or over all where none does")
    func sight() {
        var (membership, ids) = members("a", "b")
        let units = Array(Self.everything.units())
        _ = membership.loaded(ids[0], [units[0], units[1]])
        _ = membership.loaded(ids[1], [units[1], units[2]])
        func sight() -> Availability.Sight { membership.sight(expected: 2, problem: "too small") }
        #expect(sight().held == 24 && sight().all == 32 && sight().isBeingLoaded)
        #expect(sight().connectedCount == 2 && sight().soundCount == 2)
        #expect(sight().expectedCount == 2 && sight().problem == "too small")
        _ = membership.late(ids[0], why: "test", lapses: 1, at: .zero)
        #expect(sight().held == 16 && sight().soundCount == 1)
        _ = membership.wantsChanged(["b": Self.nothing])
        #expect(!sight().isBeingLoaded)
        _ = membership.late(ids[1], why: "test", lapses: 1, at: .zero)
        #expect(sight().held == 16 && sight().soundCount == 0, "what a holds; b has let go of what nobody wants")
    }

    // MARK: attention services

    @Test("an attention service is told of as one, holds nothing, and is ready once it is connected")
    func attention() throws {
        var membership = TestMembers.attentionMembership()
        let request = TestHosts.announcement("a", role: "attention")
        let (answer, actions) = membership.announced(request, at: .zero)
        let id = try #require(answer.id)
        #expect(actions.first == .connect(id) && actions.logged == ["attention service announced"])
        #expect(membership.members["a"]?.state == "connecting")
        #expect(membership.connected(id) == [.signal(id), .plan, .publish])
        #expect(membership[id]?.state == "ready" && membership.nextErrand(id) == nil)
        #expect(membership.candidates().map(\.name) == ["a"] && membership.sight(expected: nil, problem: nil).isWhole)
        let lost = membership.lost(id, why: "it broke", at: seconds(60))
        #expect(lost.logged == ["attention service gone"])
        let line = LogLine(.notice, "attention service gone", ["service": "a", "why": "it broke"])
        #expect(lost.contains(.log(line)))
    }

    @Test("an attention service that is late is asked for nothing but an answer, and is sound again then")
    func lateAttention() {
        var membership = TestMembers.attentionMembership()
        let ids = [membership.join("a"), membership.join("b")]
        let actions = membership.late(ids[0], why: "no answer", lapses: 1, at: .zero)
        #expect(actions.logged == ["attention service does not answer"] && actions.contains(.signal(ids[0])))
        #expect(membership.candidates().map(\.name) == ["b"])
        #expect(membership.nextErrand(ids[0]) == .load([]) && membership.nextErrand(ids[1]) == nil)
        #expect(membership.loaded(ids[0], []).logged == ["attention service answers again"])
        #expect(membership[ids[0]]?.isSound == true && membership.nextErrand(ids[0]) == nil)
        #expect(membership.late(ids[0], why: "no answer", lapses: 3, at: .zero).first == .dismiss(ids[0]))
    }

    @Test(
        "an attention service that wants to stop may once it has had no call for a while, and is asked last till then")
    func drainingAttention() {
        var membership = TestMembers.attentionMembership()
        let ids = [membership.join("a"), membership.join("b")]
        #expect(!membership.isReleased(ids[0], idle: seconds(100)), "it does not want to stop")
        let request = TestHosts.announcement("a", draining: true, role: "attention")
        let (answer, actions) = membership.announced(request, at: .zero)
        #expect(answer == .member(ids[0]))
        #expect(actions.logged == ["attention service is stopping"] && actions.last == .plan)
        #expect(membership.candidates().map(\.name) == ["b"] && membership.connected.map(\.name) == ["b", "a"])
        #expect(!membership.isReleased(ids[0], idle: seconds(0.9)))
        #expect(membership.isReleased(ids[0], idle: seconds(1.1)))
    }

    @Test("a membership takes nobody of another role", arguments: MemberRole.allCases)
    func roles(role: MemberRole) {
        var membership = role == .attention ? TestMembers.attentionMembership() : membership()
        let other = MemberRole.allCases.first { $0 != role }?.rawValue ?? ""
        let (answer, actions) = membership.announced(TestHosts.announcement("a", role: other), at: .zero)
        #expect(answer == .refused(.role(of: "a", role: other)))
        #expect(actions.logged == ["\(role.title) refused"] && membership.members.isEmpty)
    }

    @Test("the state in reports is what hinders a member most")
    func states() {
        var membership = membership()
        _ = membership.announced(TestHosts.announcement("a"), at: .zero)
        func state() -> String? { membership.members["a"]?.state }
        #expect(state() == "connecting")
        let id = membership.join("a")
        #expect(state() == "empty")
        _ = membership.wantsChanged(["a": Self.everything])
        #expect(state() == "loading")
        _ = membership.late(id, why: "test", lapses: 1, at: .zero)
        #expect(state() == "late")
        _ = membership.loaded(id, Array(Self.everything.units()))
        #expect(state() == "ready")
        _ = membership.announced(TestHosts.announcement("a", draining: true), at: .zero)
        #expect(state() == "draining")
    }
}
