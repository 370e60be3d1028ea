internal import Admin
internal import AdminMessages
internal import Foundation
internal import JSON

/// The router's own admin endpoints: what the plan is, and how to have another.
struct PlanAdmin: Sendable {
    let hosts: ExpertHosts
    let attention: AttentionHosts

    func add(to routes: AdminRoutes) {
        routes.on("GET", "/admin/plan") { _ in json(await report) }
        routes.on("GET", "/admin/experts") { _ in json(hosts.experts) }
        routes.on("POST", "/admin/plan") { body in
            do {
                let change = try Self.change(in: Data(body))
                try change.checkSizes()
                if let parts = change.attentionParts { try attention.check(parts) }
                try await hosts.apply(change)
                if let parts = change.attentionParts { await attention.set(parts) }
                return json(await report)
            } catch let error as DecodingError {
                let parts = "attention_parts (\(AttentionPartsGoal.words))"
                let fields = "mode (latency, throughput, auto), copies, pins, drain, undrain, \(parts)"
                let problem = "the body is not what it should be: \(error.inWords)"
                return refusal("\(problem); expected JSON with any of \(fields)")
            } catch {
                return refusal("\(error)")
            }
        }
    }

    private var report: PlanReport { get async { await hosts.report(with: await attention.report()) } }

    private static func change(in body: Data) throws -> PlanChange {
        let change = try JSONDecoder().decode(PlanChange.self, from: body)
        let names = (try JSONSerialization.jsonObject(with: body) as? [String: Any])?.keys.sorted() ?? []
        if let unknown = names.first(where: { !PlanChange.fieldNames.contains($0) }) {
            let known = PlanChange.fieldNames.joined(separator: ", ")
            throw PlanChangeError("there is no field \(unknown.prefix(200)); there are: \(known)")
        }
        return change
    }
}

private func json(_ value: some Encodable) -> AdminRoutes.Answer {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    do { return AdminRoutes.Answer(body: String(decoding: try encoder.encode(value), as: UTF8.self)) } catch {
        return AdminRoutes.Answer(status: 500, body: "{\"error\":\"the report cannot be written\"}")
    }
}

private func refusal(_ reason: String) -> AdminRoutes.Answer {
    let text = (try? JSONEncoder().encode(["error": reason])).map { String(decoding: $0, as: UTF8.self) }
    return AdminRoutes.Answer(status: 400, body: text ?? "{}")
}

extension DecodingError {
    fileprivate var inWords: String {
        switch self {
        case .dataCorrupted(let context), .keyNotFound(_, let context), .typeMismatch(_, let context),
            .valueNotFound(_, let context):
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            return "\("\(path) \(context.debugDescription)".trimmingCharacters(in: .whitespaces).prefix(200))"
        @unknown default: return "\(self)"
        }
    }
}
