import Testing

@testable import Benchmarks
@testable import LocalCluster
@testable import TerminalOutput

@Suite("Drain figures") struct DrainFiguresTests {
    private func round(
        seconds: Double, exit: ChildExit = .exited(0), right: Int = 3, kept: Int = 3, same: Int = 2
    ) throws -> DrainRound {
        let gaps = try #require(LongestGaps([[0, 0.25, 0.25 + seconds / 4]], event: 0.25))
        let stop = ServiceStop(name: "attention", told: 1, ended: 1 + seconds, exit: exit, streams: 1)
        return DrainRound(
            stop: stop, sessions: 3, sessionsHeld: 2, sessionsRight: right, sessionsKept: kept, streams: 2,
            sameStreams: same, gaps: gaps)
    }

    @Test("nothing is wrong where the service ends in order and in time, and all is there")
    func right() throws {
        let figures = DrainFigures(graceSeconds: 4, rounds: [try round(seconds: 4), try round(seconds: 1)])
        #expect(figures.problems == [])
    }

    @Test("whatever is lost, late or different is told with its round")
    func problems() throws {
        let figures = DrainFigures(
            graceSeconds: 4,
            rounds: [
                try round(seconds: 1), try round(seconds: 4.5), try round(seconds: 1, exit: .signalled(9)),
                try round(seconds: 1, right: 2, kept: 1, same: 0),
            ])
        #expect(
            figures.problems == [
                "round 2: attention took 4.5 s to end, more than 4", "round 3: attention was ended by signal 9",
                "round 4: 1 of 3 sessions answered something else",
                "round 4: 2 of 3 sessions had to be computed again",
                "round 4: 2 of 2 streams had another text than undisturbed",
            ])
    }

    @Test("medians and maxima of times, and sums of what was counted")
    func figures() throws {
        let figures = DrainFigures(
            graceSeconds: 4,
            rounds: [
                try round(seconds: 1), try round(seconds: 2, kept: 2),
                try round(seconds: 4, exit: .exited(1), right: 1, same: 1),
            ])
        let found = Dictionary(uniqueKeysWithValues: figures.measurements("d").map { ($0.name, $0.value) })
        #expect(
            found == [
                "d.exit_time.median": 2, "d.exit_time.max": 4, "d.gap_before.median": 250, "d.gap_before.max": 250,
                "d.gap_after.median": 500, "d.gap_after.max": 1000, "d.growth.median": 250, "d.growth.max": 750,
                "d.grace": 4, "d.rounds": 3, "d.exits_in_order": 2, "d.sessions": 9, "d.sessions_held": 6,
                "d.sessions_right": 7, "d.sessions_kept": 8, "d.streams": 6, "d.streams_held": 3,
                "d.streams_same_text": 5,
            ])
        #expect(
            figures.table.rows.last == [
                "3", "attention", "exited with status 1", "4.0", "4", "2 of 3", "1 of 3", "3 of 3", "1 of 2", "1 of 2",
                "250.0", "1000.0", "750.0",
            ])
        #expect(figures.table.rows.allSatisfy { $0.count == figures.table.header.count })
    }

    @Test("a session is on the service that keeps more states with it, most of them on the fullest one")
    func held() {
        var held = HeldSessions()
        #expect(held.fullest == nil && held["a"] == 0)
        held.add(before: ["a": 4, "b": 1], after: ["a": 4, "b": 1])
        #expect(held.fullest == nil)
        held.add(before: ["a": 4, "b": 1], after: ["a": 3, "b": 3])
        #expect(held["a"] == 0 && held["b"] == 1 && held.fullest == "b")
        held.add(before: [:], after: ["a": 1, "b": 1])
        #expect(held["a"] == 1 && held["b"] == 1 && held.fullest == "a")
        held.add(before: ["a": 1, "b": 1], after: ["a": 2, "b": 4])
        #expect(held["a"] == 1 && held["b"] == 2 && held.fullest == "b")
    }

    @Test("streams have brought enough once the slowest has")
    func progress() {
        var progress = StreamProgress(streams: 2, enough: 3)
        var answers: [Bool] = []
        for (stream, count) in [(0, 5), (1, 2), (1, 3), (0, 6)] { answers.append(progress.note(stream, count)) }
        #expect(answers == [false, false, true, true])
    }
}

@Suite("Drain trial") struct DrainTrialTests {
    private let conversation = DrainTrial.Conversation(
        prompt: [1, 2], question: CompletionBody(prompt: [3], tokensMax: 4, choice: [5]))

    @Test("a session is asked the question alone; the comparison computes all tokens anew")
    func requests() {
        let asked = conversation.asked(in: "sess_a"), anew = conversation.computedAnew
        #expect(asked.prompt == [3] && asked.session == "sess_a" && asked.reusesPrefix)
        #expect(anew.prompt == [1, 2, 3] && anew.session == nil && !anew.reusesPrefix)
        #expect(asked.tokensMax == 4 && anew.tokensMax == 4 && asked.choice == anew.choice)
    }

    @Test("a session is kept as long as at most its last token is computed again")
    func kept() {
        #expect([0, 1, 2, 3].map(conversation.isKept) == [false, true, true, true])
    }

    @Test("session and reuse are told to the server where they are not as usual")
    func bodies() {
        let asked = String(decoding: conversation.asked(in: "sess_a").json, as: UTF8.self)
        #expect(asked.contains(#""session_id":"sess_a""#) && !asked.contains("cache_prompt"))
        let anew = String(decoding: conversation.computedAnew.json, as: UTF8.self)
        #expect(anew.contains(#""cache_prompt":false"#) && !anew.contains("session_id"))
    }
}
