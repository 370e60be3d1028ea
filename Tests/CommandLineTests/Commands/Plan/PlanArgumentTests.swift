import AdminMessages
import ArgumentParser
import Foundation
import Testing

@testable import ClusterClient
@testable import CommandLineTool

@Suite("Plan arguments") struct PlanArgumentTests {
    private func change(_ arguments: String...) throws -> PlanChange {
        try #require(try PlanCommand.parseAsRoot(["--admin", "unix:/r/admin"] + arguments) as? PlanCommand).change
    }

    @Test("what is not said stays as it is")
    func nothing() throws {
        #expect(try change().isEmpty)
        #expect(try change("--json").isEmpty)
        #expect(
            String(decoding: try JSONEncoder().encode(try change("--copies", "2")), as: UTF8.self) == #"{"copies":2}"#)
    }

    @Test(
        "parts of attention are auto or a number in JSON too, and nothing else",
        arguments: ["auto", "1", "2", "4", "8"])
    func parts(text: String) throws {
        let json = text == "auto" ? #"{"attention_parts":"auto"}"# : #"{"attention_parts":\#(text)}"#
        let change = PlanChange(attentionParts: AttentionPartsGoal(argument: text))
        #expect(change.attentionParts?.description == text)
        #expect(String(decoding: try JSONEncoder().encode(change), as: UTF8.self) == json)
        #expect(try JSONDecoder().decode(PlanChange.self, from: Data(json.utf8)) == change)
    }

    @Test(
        "parts that attention cannot be cut into are refused",
        arguments: ["0", "3", "16", "-1", "\"2\"", "\"\"", "1.5"])
    func badParts(value: String) {
        let json = Data("{\"attention_parts\":\(value)}".utf8)
        let error = #expect(throws: DecodingError.self) { try JSONDecoder().decode(PlanChange.self, from: json) }
        guard case .dataCorrupted(let context) = error else {
            return #expect(Bool(false), "\(String(describing: error))")
        }
        #expect(context.debugDescription == "expected auto, 1, 2, 4 or 8")
        #expect(context.codingPath.map(\.stringValue) == ["attention_parts"])
    }

    @Test("pins replace all there were; without pins none are left")
    func pins() throws {
        #expect(
            try change("--pin", "0:3:a", "--pin", "1:2:b:c").pins
                == [.init(layer: 0, expert: 3, host: "a"), .init(layer: 1, expert: 2, host: "b:c")])
        #expect(try change("--no-pins") == PlanChange(pins: []))
    }

    @Test("mode, copies and hosts are passed on")
    func rest() throws {
        let all = try change("--mode", "latency", "--copies", "3", "--drain", "a", "--undrain", "b")
        #expect(all == PlanChange(mode: .latency, copies: 3, drain: "a", undrain: "b"))
        #expect(try change("--attention-parts", "4") == PlanChange(attentionParts: .fixed(4)))
        #expect(try change("--attention-parts", "auto") == PlanChange(attentionParts: .auto))
    }

    @Test(
        "senseless ones are refused with a sentence that names the flag",
        arguments: [
            ([], "--admin"), (["--admin", "nowhere"], "--admin"), (["--admin", "h:1", "--mode", "fast"], "--mode"),
            (["--admin", "h:1", "--attention-parts", "3"], "--attention-parts"),
            (["--admin", "h:1", "--pin", "0:3"], "--pin"), (["--admin", "h:1", "--pin", "-1:3:a"], "--pin"),
            (["--admin", "h:1", "--pin", "0:x:a"], "--pin"),
            (["--admin", "h:1", "--pin", "0:3:"], "--pin"),
            (["--admin", "h:1", "--pin", "0:3:a", "--no-pins"], "'--no-pins'"),
        ] as [([String], String)])
    func refused(arguments: [String], named: String) {
        let error = #expect(throws: (any Error).self) { try PlanCommand.parseAsRoot(arguments) }
        let message = error.map { PlanCommand.fullMessage(for: $0) } ?? ""
        #expect(message.contains(named), "\(message)")
        #expect(error.map { PlanCommand.exitCode(for: $0).rawValue } == 64)
    }
}
