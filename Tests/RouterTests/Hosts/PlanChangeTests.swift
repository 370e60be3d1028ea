import Foundation
import Testing
@testable import Router

@Suite("Sizes in a change of the plan") struct PlanChangeTests {
    private func problem(_ change: PlanAdmin.Change) -> String? {
        do { try change.checkSizes() } catch { return error.description }
        return nil
    }

    @Test("copies that no cluster has are refused with their limits", arguments: [Int.min, -1, 0, 1025, Int.max])
    func copies(count: Int) { #expect(problem(PlanAdmin.Change(copies: count)) == "copies is \(count), expected 1 to 1024") }

    @Test("usual changes are taken, up to the limits")
    func usual() {
        #expect(problem(PlanAdmin.Change()) == nil)
        #expect(problem(PlanAdmin.Change(copies: 1)) == nil)
        #expect(problem(PlanAdmin.Change(copies: 1024)) == nil)
        #expect(problem(PlanAdmin.Change(pins: Self.pins(4096))) == nil)
    }

    @Test("too many pins are refused by their number")
    func pins() { #expect(problem(PlanAdmin.Change(pins: Self.pins(4097))) == "there are 4097 pins, expected at most 4096") }

    private static func pins(_ count: Int) -> [PinReport] { (0 ..< count).map { PinReport(layer: 0, expert: $0, host: "a") } }
}
