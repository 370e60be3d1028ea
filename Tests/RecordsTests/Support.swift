import Foundation
import Records
import Testing

/// Runs `body` with the path of a new folder, which is removed afterwards.
func withFolder<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let folder = NSTemporaryDirectory() + "records-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(folder)
}

/// Runs `body` with records of each kind.
func withBothKinds(_ body: (any Records) async throws -> Void) async throws {
    try await body(MemoryRecords())
    try await withFolder { try await body(SQLiteRecords(at: $0)) }
}

/// A session of these turns, the first of which is a system message.
func session(
    _ turns: [[Int32]] = [], account: String = "a", metadata: [String: String] = [:], parent: Session.Parent? = nil
) -> Session {
    Session(
        facts: Session.Facts(
            account: account, tokenizer: "demo", created: 1_700_000_000, metadata: metadata,
            parent: parent),
        turns: turns.enumerated().map { Session.Turn(role: $0.offset == 0 ? "system" : "user", tokens: $0.element) })
}

/// The error that `body` throws, if it is one of records.
func recordsError(_ body: () async throws -> some Any) async -> RecordsError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? RecordsError
    }
}

extension SQLiteRecords {
    /// Opens records as a router with the tokenizer of `session` does.
    convenience init(at path: String) throws(RecordsError) { try self.init(at: path, tokenizer: "demo") }
}
