internal import AdminMessages

extension PlanChange {
    /// More than the experts of any model of this kind; a plan looks at each pin for each host.
    static let pinsMax = 4096

    /// Refuses numbers that no cluster needs, before there is work with them.
    func checkSizes() throws(PlanChangeError) {
        let range = PlacementSettings.copiesRange
        if let copies, !range.contains(copies) {
            throw PlanChangeError("copies is \(copies), expected \(range.lowerBound) to \(range.upperBound)")
        }
        if let pins, pins.count > Self.pinsMax {
            throw PlanChangeError("there are \(pins.count) pins, expected at most \(Self.pinsMax)")
        }
    }

    /// The settings after this change.
    ///
    /// - Parameter hosts: the names of all hosts there are.
    /// - Throws: where the change names a host or an expert that there is not, or would leave no host to hold anything.
    func applied(
        to settings: PlacementSettings, hosts: some Collection<String>, _ inventory: ExpertInventory
    ) throws(PlanChangeError) -> PlacementSettings {
        var settings = settings
        if let mode { settings.mode = mode }
        if let copies { settings.copies = copies }
        if let pins {
            settings.pins = []
            for pin in pins { settings.pins.append(try pin.wish(hosts: hosts, inventory)) }
        }
        if let drain {
            try require(drain, among: hosts)
            settings.drained.insert(drain)
            guard hosts.contains(where: { !settings.drained.contains($0) }) else {
                throw PlanChangeError(
                    "\(drain) is the last host that is not drained: its experts have nowhere to go")
            }
        }
        if let undrain, settings.drained.remove(undrain) == nil {
            throw PlanChangeError("host \(undrain.prefix(200)) is not drained")
        }
        return settings
    }
}

extension ExpertPin {
    fileprivate func wish(
        hosts: some Collection<String>, _ inventory: ExpertInventory
    ) throws(PlanChangeError) -> PlacementWish.Pin {
        let layers = inventory.layers
        guard layers.indices.contains(layer), layers[layer].indices.contains(expert) else {
            let range = "layers are 0 to \(layers.count - 1), experts 0 to \(layers[0].count - 1)"
            throw PlanChangeError("there is no expert \(expert) of layer \(layer): \(range)")
        }
        try require(host, among: hosts)
        return PlacementWish.Pin(layer: layer, expert: expert, host: host)
    }
}

private func require(_ name: String, among hosts: some Collection<String>) throws(PlanChangeError) {
    guard hosts.contains(name) else {
        let known = hosts.sorted().joined(separator: ", ")
        throw PlanChangeError("there is no host \(name.prefix(200)); there are: \(known)")
    }
}

/// A change of the plan that cannot be made.
struct PlanChangeError: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
