import AdminMessages
import Console
import Foundation
import Testing

@testable import ClusterClient

@Suite("Plan client") struct PlanClientTests {
    /// What a change gets from a server that answers everything with `answer`.
    private func error(_ answer: String) async throws -> StartError {
        let error = await #expect(throws: StartError.self) {
            try await ScriptedServer.run(.init(pieces: [answer])) {
                try await PlanClient($0, limits: .init(total: .seconds(120))).apply(PlanChange(drain: "x"))
            }
        }
        return try #require(error)
    }

    @Test("a refusal is told in the router's words")
    func refused() async throws {
        let answer = PlanSamples.response("400 Bad Request", #"{"error":"there is no host x; there are: a, b"}"#)
        #expect(try await error(answer).description == "there is no host x; there are: a, b")
    }

    @Test(
        "what is no router's admin server is named",
        arguments: [
            (
                PlanSamples.response("404 Not Found", #"{"error":"nothing answers POST /admin/plan here"}"#),
                "answered 404: nothing answers POST /admin/plan here; is it the admin server of a router?"
            ),
            (PlanSamples.response("500 Oops", "broken"), "answered 500: broken"),
            (
                PlanSamples.response("200 OK", #"{"version":1}"#),
                #"answers /admin/plan, but not as a router does: {"version":1}"#
            ),
        ])
    func foreign(answer: String, words: String) async throws {
        let description = try await error(answer).description
        #expect(description.hasPrefix("127.0.0.1:") && description.hasSuffix(words), "\(description)")
    }

    @Test("the plan and the use of experts come as they are and as values")
    func read() async throws {
        let plan = try await ScriptedServer.run(.init(pieces: [PlanSamples.response("200 OK", PlanSamples.plan)])) {
            try await PlanClient($0, limits: .init(total: .seconds(120))).plan()
        }
        #expect(plan.text == PlanSamples.plan)
        #expect(
            plan.value.version == 7 && plan.value.hosts.map(\.name) == ["host-a", "host-b"]
                && plan.value.problem == nil)
        let answer = PlanSamples.response("200 OK", PlanSamples.experts)
        let experts = try await ScriptedServer.run(.init(pieces: [answer])) {
            try await PlanClient($0, limits: .init(total: .seconds(120))).experts()
        }
        #expect(experts.text == PlanSamples.experts)
        #expect(experts.value.hottest.first == .init(layer: 2, expert: 1, times: 3.5))
    }

    @Test("a router that has no plan ends the waiting for one")
    func noPlan() async throws {
        let plan = PlanSamples.plan.replacing(
            "\"layers\":16", with: "\"layers\":16,\"problem\":\"14.2 GiB are missing\"")
        let error = await #expect(throws: StartError.self) {
            try await ScriptedServer.run(.init(pieces: [PlanSamples.response("200 OK", plan)])) {
                _ = try await PlanClient($0, limits: .init(total: .seconds(120))).settledPlan(copies: 1)
            }
        }
        #expect(error?.description == "the router has no plan: 14.2 GiB are missing")
    }
}
