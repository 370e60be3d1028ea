/// What a process that announces itself does in its cluster.
package enum MemberRole: String, Sendable, CaseIterable {
    /// It computes experts.
    case expertHost = "expert-host"
    /// It computes attention layers, embedding and head, and holds the states of sequences.
    case attention

    /// The role that an announcement names; an empty text stands for an expert host. Nil where there is no such role.
    package init?(announced text: String) {
        self.init(rawValue: text.isEmpty ? Self.expertHost.rawValue : text)
    }

    /// What logs and refusals call such a process in full.
    package var title: String {
        switch self {
        case .expertHost: "expert host"
        case .attention: "attention service"
        }
    }

    /// The same in short, in front of its name.
    package var noun: String {
        switch self {
        case .expertHost: "host"
        case .attention: "attention service"
        }
    }
}
