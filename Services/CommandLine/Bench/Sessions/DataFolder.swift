internal import Console
internal import Foundation

/// A fresh folder for the files of states, on the disk that is measured.
struct DataFolder: Sendable {
    let path: String

    /// - Throws: `StartError` when no folder can be made in `parent`.
    init(in parent: String) throws {
        var name = Array("\(parent)/minimax-sessions-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&name) != nil else {        // makes it with mode 0700
            throw StartError("no folder for states can be made in --folder \(parent): \(systemWords(errno))")
        }
        path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Removes it, with all that is in it.
    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
