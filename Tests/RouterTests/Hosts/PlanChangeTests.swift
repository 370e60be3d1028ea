import AdminMessages
import Testing

@testable import Router

@Suite("Sizes in a change of the plan") struct PlanChangeTests {
    private func problem(_ change: PlanChange) -> String? {
        do { try change.checkSizes() } catch { return error.description }
        return nil
    }

    @Test("copies that no cluster has are refused with their limits", arguments: [Int.min, -1, 0, 1025, Int.max])
    func copies(count: Int) {
        #expect(problem(PlanChange(copies: count)) == "copies is \(count), expected 1 to 1024")
    }

    @Test("usual changes are taken, up to the limits")
    func usual() {
        #expect(problem(PlanChange()) == nil)
        #expect(problem(PlanChange(copies: 1)) == nil)
        #expect(problem(PlanChange(copies: 1024)) == nil)
        #expect(problem(PlanChange(pins: Self.pins(4096))) == nil)
    }

    @Test("too many pins are refused by their number")
    func pins() {
        #expect(problem(PlanChange(pins: Self.pins(4097))) == "there are 4097 pins, expected at most 4096")
    }

    private static func pins(_ count: Int) -> [ExpertPin] {
        (0 ..< count).map { ExpertPin(layer: 0, expert: $0, host: "a") }
    }
}

@Suite("What a change of the plan makes of the settings") struct AppliedPlanChangeTests {
    private static let inventory = TestHosts.inventory(layers: 2, experts: 3)
    private let before = PlacementSettings(
        mode: .latency, copies: 2, pins: [.init(layer: 0, expert: 0, host: "a")], drained: ["b"])

    private func applied(
        _ change: PlanChange, to settings: PlacementSettings? = nil
    ) throws(PlanChangeError) -> PlacementSettings {
        try change.applied(to: settings ?? before, hosts: ["a", "b", "c"], Self.inventory)
    }

    private func problem(_ change: PlanChange, with settings: PlacementSettings? = nil) -> String? {
        do throws(PlanChangeError) { _ = try applied(change, to: settings) } catch { return error.description }
        return nil
    }

    @Test("what is not named stays, and what is named is replaced")
    func fields() throws {
        #expect(try applied(PlanChange()) == before)
        #expect(try applied(PlanChange(mode: .auto)).mode == .auto)
        #expect(try applied(PlanChange(copies: 3)).copies == 3)
        #expect(try applied(PlanChange(pins: [])).pins == [])
        let pin = ExpertPin(layer: 1, expert: 2, host: "c")
        #expect(try applied(PlanChange(pins: [pin])).pins == [.init(layer: 1, expert: 2, host: "c")])
    }

    @Test("hosts are drained and used again by their names")
    func drain() throws {
        #expect(try applied(PlanChange(drain: "a")).drained == ["a", "b"])
        #expect(try applied(PlanChange(undrain: "b")).drained == [])
        #expect(try applied(PlanChange(drain: "b")).drained == ["b"], "twice is once")
        #expect(problem(PlanChange(undrain: "c")) == "host c is not drained")
        #expect(problem(PlanChange(drain: "d")) == "there is no host d; there are: a, b, c")
    }

    @Test("the last host that holds something cannot be drained")
    func last() throws {
        let two = try applied(PlanChange(drain: "a"))
        #expect(
            problem(PlanChange(drain: "c"), with: two)
                == "c is the last host that is not drained: its experts have nowhere to go")
    }

    @Test("pins name hosts and experts that there are")
    func pins() {
        #expect(
            problem(PlanChange(pins: [ExpertPin(layer: 2, expert: 0, host: "a")]))
                == "there is no expert 0 of layer 2: layers are 0 to 1, experts 0 to 2")
        let negative = problem(PlanChange(pins: [ExpertPin(layer: 0, expert: -1, host: "a")]))
        #expect(negative?.contains("no expert -1") == true)
        #expect(
            problem(PlanChange(pins: [ExpertPin(layer: 0, expert: 0, host: "x")]))
                == "there is no host x; there are: a, b, c")
    }
}
