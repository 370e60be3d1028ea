import Logging
import Messages

@testable import Router

/// Makes memberships and reads what they want done.
enum TestMembers {
    /// One without members, which takes what `TestHosts.announcement` says.
    static func membership(_ inventory: ExpertInventory) -> Membership {
        Membership(
            role: .expertHost, inventory: inventory, fingerprint: TestHosts.fingerprint,
            arithmetic: TestHosts.arithmetic)
    }

    /// The same of attention services.
    static func attentionMembership() -> Membership {
        Membership(role: .attention, fingerprint: TestHosts.fingerprint, arithmetic: TestHosts.arithmetic)
    }

    /// What lets processes of a role in.
    static func admission(_ role: MemberRole = .expertHost) -> Admission {
        Admission(role: role, fingerprint: TestHosts.fingerprint, arithmetic: TestHosts.arithmetic)
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
    /// Announces a process and connects it.
    @discardableResult mutating func join(_ name: String, at now: Duration = .zero) -> Member.ID {
        let request = TestHosts.announcement(name, role: role.rawValue)
        guard let id = announced(request, at: now).answer.id else {
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
