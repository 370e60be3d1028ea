package import AdminMessages
internal import Console
internal import Foundation
package import Transport

/// Asks a router's admin server for its plan, or for another one.
package struct PlanClient: Sendable {
    /// An answer as it came, and what it says.
    package struct Answer<Value: Decodable & Sendable>: Sendable {
        /// The JSON as it came.
        package let text: String
        /// What it says.
        package let value: Value
    }

    private static let planPath = "/admin/plan"
    private static let pollInterval = Duration.milliseconds(50)
    /// Within this time a router has made a new plan, if the change calls for one.
    private static let planningTime = Duration.seconds(1)
    private static let settlingTime = Duration.seconds(300)

    private let client: RESTClient
    private let limits: RESTClient.Limits

    /// - Parameters:
    ///   - admin: the address of a router's admin server.
    ///   - limits: of each request.
    package init(_ admin: Address, limits: RESTClient.Limits = .short) {
        (client, self.limits) = (RESTClient(admin), limits)
    }

    /// Which host holds what.
    ///
    /// - Throws: `RESTError` when there is no answer, `StartError` when it is not that of a router.
    package func plan() async throws -> Answer<PlanReport> {
        try read(try await client.get(Self.planPath, limits: limits), Self.planPath)
    }

    /// How much each expert is used.
    ///
    /// - Throws: as `plan` does.
    package func experts() async throws -> Answer<ExpertsReport> {
        let path = "/admin/experts"
        return try read(try await client.get(path, limits: limits), path)
    }

    /// Asks for a change and waits for the new plan, which the router makes a moment after it has answered. A change
    /// that moves nothing leaves no trace, so the waiting has an end.
    ///
    /// - Throws: `StartError` in the router's words when it refuses.
    package func apply(_ change: PlanChange) async throws {
        let body = Array(try JSONEncoder().encode(change))
        let answer = try await client.post(Self.planPath, json: body, limits: limits)
        let before: Answer<PlanReport> = try read(answer, Self.planPath)
        let end = ContinuousClock.now + Self.planningTime
        while ContinuousClock.now < end {
            try await Task.sleep(for: Self.pollInterval)
            let now = try await plan().value
            if now.version != before.value.version || now.problem != before.value.problem { return }
            if now.attention.parts != before.value.attention.parts { return }
        }
    }

    /// Waits until every host holds all that the plan wants of it, and everything is held so many times.
    ///
    /// - Throws: `StartError` when the router has no plan, or the hosts take too long.
    package func settledPlan(copies: Int) async throws -> PlanReport {
        let end = ContinuousClock.now + Self.settlingTime
        while true {
            let plan = try await plan().value
            if plan.isSettled(copies: copies) { return plan }
            if let problem = plan.problem { throw StartError("the router has no plan: \(problem)") }
            guard ContinuousClock.now < end else { throw Self.lateness(of: plan, copies: copies) }
            try await Task.sleep(for: Self.pollInterval)
        }
    }

    private static func lateness(of plan: PlanReport, copies: Int) -> StartError {
        let late = plan.hosts.filter { !$0.isSettled }.map { "\($0.name) is \($0.state)" }.joined(separator: ", ")
        return StartError(
            "after \(settlingTime) not every host holds its experts: \(late); "
                + "\(plan.copiesHeld) of \(copies) copies are planned")
    }

    private func read<Value: Decodable & Sendable>(
        _ answer: RESTClient.Answer, _ path: String
    ) throws -> Answer<Value> {
        guard answer.status == 200 else { throw refusal(answer, path) }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return Answer(text: answer.text, value: try decoder.decode(Value.self, from: Data(answer.body)))
        } catch {
            let beginning = answer.text.prefix(200)
            throw StartError("\(client.address) answers \(path), but not as a router does: \(beginning)")
        }
    }

    /// What is wrong with a change stands for itself; what else goes wrong needs the address.
    private func refusal(_ answer: RESTClient.Answer, _ path: String) -> StartError {
        struct Refusal: Decodable { var error: String }
        let words = (try? JSONDecoder().decode(Refusal.self, from: Data(answer.body)))?.error
        if answer.status == 400, let words { return StartError(words) }
        let hint = answer.status == 404 ? "; is it the admin server of a router?" : ""
        let told = words ?? String(answer.text.prefix(200))
        return StartError("\(client.address) answered \(answer.status): \(told)\(hint)")
    }
}
