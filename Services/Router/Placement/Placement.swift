/// Where each slice of each expert lives: `layers[layer][expert]`.
struct Placement: Sendable, Equatable {
    /// Names, ascending; also of hosts that hold nothing.
    let hosts: [String]
    let layers: [[ExpertPlacement]]

    /// How many copies there are of everything: the least number of holders of any slice; 0 where there is nothing to hold.
    var copies: Int {
        layers.lazy.joined().flatMap { $0.holders.lazy.map(\.count) }.min() ?? 0
    }
}

struct ExpertPlacement: Sendable, Equatable {
    /// For each slice in order, who holds it: indices into `hosts`, ascending, at least one. As many as there are slices: 1, 2, 4 or 8.
    let holders: [[Int]]
}

extension Placement {
    /// Bytes that each of `hosts` must load which it did not hold in `previous`. Slices of different sizes are compared by what they
    /// cover: who holds a whole expert has every slice of it.
    func moves(from previous: Placement?, inventory: ExpertInventory) -> [Int] {
        var moved = hosts.map { _ in 0 }
        let names = previous?.hosts.map { name in hosts.firstIndex(of: name) } ?? []
        for (layer, experts) in layers.enumerated() {
            for (expert, placement) in experts.enumerated() {
                let before = previous?.expert(layer, expert)?.holders ?? []
                let parts = max(before.count, placement.holders.count)
                for part in 0 ..< parts {
                    let had = before.isEmpty ? [] : before[part * before.count / parts].map { names[$0] }
                    for host in placement.holders[part * placement.holders.count / parts] where !had.contains(host) {
                        moved[host] += inventory.layers[layer][expert].byteCount(part: part, of: parts)
                    }
                }
            }
        }
        return moved
    }

    /// Where that expert is; nil where the placement is of another model that has no such expert.
    func expert(_ layer: Int, _ expert: Int) -> ExpertPlacement? {
        layers.indices.contains(layer) && layers[layer].indices.contains(expert) ? layers[layer][expert] : nil
    }
}
