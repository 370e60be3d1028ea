internal import Console
internal import Foundation

/// A fresh folder for the files of states, on the disk that is measured.
struct DataFolder: Sendable {
    let path: String

    /// - Throws: `StartError` when no folder can be made in `parent`.
    init(in parent: String) throws {
        do { path = try TemporaryFolder.make(in: parent, prefix: "minimax-sessions-") } catch {
            throw StartError("no folder for states can be made in --folder \(parent): \(error)")
        }
    }

    /// Removes it, with all that is in it.
    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
