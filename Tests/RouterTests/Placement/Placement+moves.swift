@testable import Router

extension Placement {
    /// Bytes that each of `hosts` must load which it did not hold in `previous`. Slices of different sizes are compared
    /// by what they cover: who holds a whole expert has every slice of it.
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
}
