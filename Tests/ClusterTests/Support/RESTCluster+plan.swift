import AdminMessages
import Foundation

@testable import ClusterClient
@testable import Router
@testable import Transport

/// The router's own admin endpoints.
extension RESTCluster {
    private var routerAdmin: RESTClient { RESTClient(.unix(path: "\(folder)/router.admin")) }

    /// What the router says of its hosts and its plan.
    func plan() async throws -> PlanReport { try Self.report(try await routerAdmin.get("/admin/plan")) }

    /// Asks for another plan; what is nil stays as it is.
    func change(_ mode: PlacementSettings.Mode? = nil, copies: Int? = nil) async throws {
        _ = try await change(PlanChange(mode: mode, copies: copies))
    }

    /// - Returns: what the router says of its plan then.
    func change(_ change: PlanChange) async throws -> PlanReport {
        try Self.report(try await routerAdmin.post("/admin/plan", json: [UInt8](try JSONEncoder().encode(change))))
    }

    private static func report(_ answer: RESTClient.Answer) throws -> PlanReport {
        guard answer.status == 200 else { throw SupportError("/admin/plan answered \(answer.status): \(answer.text)") }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(PlanReport.self, from: Data(answer.body))
    }
}

extension PlanReport {
    func host(_ name: String) -> Host? { hosts.first { $0.name == name } }

    /// Every host holds what the plan wants of it.
    var isSettled: Bool { hosts.allSatisfy { $0.state == "ready" || $0.state == "empty" } }
}
