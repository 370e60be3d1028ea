internal import ClusterClient
internal import Console
internal import Foundation
internal import TerminalOutput

/// Sessions in words and as tables.
enum SessionText {
    /// `3 messages, 120 tokens`
    static func size(_ session: SessionReport) -> String {
        "\(counted(session.messageCount, "message")), \(counted(session.tokens, "token"))"
    }

    static func move(_ move: SessionMoveReport) -> String {
        let place = move.members.map { shown($0) }.joined(separator: ", ")
        return "\(counted(move.tokens, "token")), \(move.moved ? "moved to" : "already on") \(place)"
    }

    static func list(_ sessions: [SessionReport], hasMore: Bool) -> String {
        guard !sessions.isEmpty else { return "There are no sessions." }
        let rows = sessions.map {
            [
                $0.id, "\($0.messageCount)", "\($0.tokens)", time($0.created), time($0.lastUsed),
                shown($0.metadata["title"] ?? ""),
            ]
        }
        let header = ["session", "messages", "tokens", "created", "last used", "title"]
        return (TextTable(header: header, rows: rows).lines + (hasMore ? ["There are more (--limit)."] : []))
            .joined(separator: "\n")
    }

    static func whole(_ session: SessionReport) -> String {
        var lines = ["\(session.id): \(size(session))"]
        lines.append("Created \(time(session.created)), last used \(time(session.lastUsed)).")
        if let memory = session.bytesInMemory, let disk = session.bytesOnDisk {
            lines.append("States along it: \(Amount.bytes(memory)) in memory, \(Amount.bytes(disk)) on disk.")
        }
        lines += (session.parents ?? []).map { "Forked from \($0.id) at token \($0.tokens)." }
        lines += session.metadata.sorted { $0.key < $1.key }.map { shown("\($0.key): \($0.value)") }
        let messages = session.messages ?? []
        guard !messages.isEmpty else { return lines.joined(separator: "\n") }
        let rows = messages.enumerated().map {
            ["\($0.offset + 1) \(shown($0.element.role))", "\($0.element.tokens)", "\($0.element.position)"]
        }
        lines += [""] + TextTable(header: ["message", "tokens", "up to token"], rows: rows).lines
        let texts = messages.compactMap(\.text)
        if !texts.isEmpty { lines += ["", shown(texts.joined(), keepingLines: true)] }
        return lines.joined(separator: "\n")
    }

    private static func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

    /// `2027-01-15T08:00:00Z`
    private static func time(_ seconds: Int) -> String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    }
}
