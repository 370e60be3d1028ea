import Logging
import Messages

@testable import Router

/// Makes memberships and reads what they want done.
enum TestMembers {
    /// One without members, which takes what `TestHosts.announcement` says.
    static func membership(_ inventory: ExpertInventory) -> Membership {
        Membership(inventory: inventory, fingerprint: TestHosts.fingerprint, arithmetic: TestHosts.arithmetic)
    }

    /// All units of all layers.
    static func everything(_ inventory: ExpertInventory) -> UnitMap {
        var map = UnitMap(inventory)
        for (layer, experts) in inventory.layers.enumerated() {
            for expert in experts.indices { map[layer, expert] = 0xFF }
        }
        return map
    }
}

extension Membership {
    /// Announces a host and connects it.
    @discardableResult mutating func join(_ name: String, at now: Duration = .zero) -> Member.ID {
        guard let id = announced(TestHosts.announcement(name), at: now).answer.id else {
            preconditionFailure("\(name) was refused")
        }
        _ = connected(id)
        return id
    }
}

extension Membership.Answer {
    /// The member, unless there is none.
    var id: Member.ID? {
        if case .member(let id) = self { id } else { nil }
    }
}

extension [Membership.Action] {
    /// The messages of the lines that shall be logged.
    var logged: [String] {
        compactMap { action in
            if case .log(let line) = action { "\(line.message)" } else { nil }
        }
    }
}
