internal import Cluster
internal import Foundation

/// The router's own admin endpoints: what the plan is, and how to have another.
struct PlanAdmin: Sendable {
    /// What `POST /admin/plan` takes; what is left out stays as it is.
    struct Change: Codable, Sendable {
        var mode: PlacementSettings.Mode?
        var copies: Int?
        /// Replaces all pins.
        var pins: [PinReport]?
        /// The name of a host that shall hold nothing from now on.
        var drain: String?
        /// The name of a host that may hold something again.
        var undrain: String?

        static let names = ["mode", "copies", "pins", "drain", "undrain"]
        /// More than the experts of any model of this kind; a plan looks at each pin for each host.
        static let pinsMax = 4096

        /// Refuses numbers that no cluster needs, before there is work with them.
        func checkSizes() throws(PlanChangeError) {
            if let copies, !PlacementSettings.copiesRange.contains(copies) {
                throw PlanChangeError(description: "copies is \(copies), expected 1 to \(PlacementSettings.copiesRange.upperBound)")
            }
            if let pins, pins.count > Self.pinsMax {
                throw PlanChangeError(description: "there are \(pins.count) pins, expected at most \(Self.pinsMax)")
            }
        }
    }

    let hosts: ExpertHosts

    func add(to routes: AdminRoutes) {
        routes.on("GET", "/admin/plan") { _ in json(await hosts.report) }
        routes.on("GET", "/admin/experts") { _ in json(hosts.experts) }
        routes.on("POST", "/admin/plan") { body in
            do {
                let change = try JSONDecoder().decode(Change.self, from: Data(body))
                let names = (try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])?.keys.sorted() ?? []
                if let unknown = names.first(where: { !Change.names.contains($0) }) { return refusal("there is no field \(unknown.prefix(200)); there are: \(Change.names.joined(separator: ", "))") }
                try change.checkSizes()
                try await hosts.apply(change)
                return json(await hosts.report)
            } catch let error as DecodingError {
                return refusal("the body is not what it should be: \(error.inWords); expected JSON with any of mode (latency, throughput, auto), copies, pins, drain, undrain")
            } catch {
                return refusal("\(error)")
            }
        }
    }
}

/// A change of the plan that cannot be made.
struct PlanChangeError: Error, CustomStringConvertible {
    let description: String
}

extension ExpertHosts {
    fileprivate func apply(_ change: PlanAdmin.Change) throws {
        var settings = settings
        if let mode = change.mode { settings.mode = mode }
        if let copies = change.copies { settings.copies = copies }
        if let pins = change.pins {
            settings.pins = try pins.map { pin in
                guard inventory.layers.indices.contains(pin.layer), inventory.layers[pin.layer].indices.contains(pin.expert) else {
                    throw PlanChangeError(description: "there is no expert \(pin.expert) of layer \(pin.layer): layers are 0 to \(inventory.layers.count - 1), experts 0 to \(inventory.layers[0].count - 1)")
                }
                return PlacementWish.Pin(layer: pin.layer, expert: pin.expert, host: try known(pin.host))
            }
        }
        if let name = change.drain {
            settings.drained.insert(try known(name))
            guard members.keys.contains(where: { !settings.drained.contains($0) }) else {
                throw PlanChangeError(description: "\(name) is the last host that is not drained: its experts have nowhere to go")
            }
        }
        if let name = change.undrain {
            guard settings.drained.remove(name) != nil else { throw PlanChangeError(description: "host \(name.prefix(200)) is not drained") }
        }
        set(settings)
    }

    private func known(_ name: String) throws -> String {
        guard members[name] != nil else {
            throw PlanChangeError(description: "there is no host \(name.prefix(200)); there are: \(members.keys.sorted().joined(separator: ", "))")
        }
        return name
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
        case .dataCorrupted(let context), .keyNotFound(_, let context), .typeMismatch(_, let context), .valueNotFound(_, let context):
            (context.codingPath.map(\.stringValue).joined(separator: ".") + " " + context.debugDescription).trimmingCharacters(in: .whitespaces).prefix(200).description
        @unknown default: "\(self)"
        }
    }
}
