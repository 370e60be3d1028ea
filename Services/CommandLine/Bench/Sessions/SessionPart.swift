internal import ArgumentParser
internal import Console

/// A part of `minimax bench sessions`, which can be measured alone.
enum SessionPart: String, CaseIterable, Sendable {
    case turns, agent, fork, snapshot, memory, overhead
}

/// Some of the parts, as `turns,fork`.
struct SessionParts: ExpressibleByArgument, Sendable, Equatable {
    let parts: Set<SessionPart>

    static let all = SessionParts(parts: Set(SessionPart.allCases))

    init(parts: Set<SessionPart>) { self.parts = parts }

    init?(argument: String) {
        let parts = listItems(argument).map { SessionPart(rawValue: String($0)) }
        guard !parts.isEmpty, parts.allSatisfy({ $0 != nil }) else { return nil }
        self.parts = Set(parts.compactMap(\.self))
    }

    func contains(_ part: SessionPart) -> Bool { parts.contains(part) }

    /// In the order in which they are measured.
    var defaultValueDescription: String {
        SessionPart.allCases.filter(parts.contains).map(\.rawValue).joined(separator: ",")
    }
}
