import Foundation

/// What lies in a folder of kept states.
struct FolderContents {
    /// Names of files that are being written, that were found damaged, and that are states.
    private(set) var temporary: [String] = [], damaged: [String] = [], states: [String] = []
    private(set) var bytes = 0

    init(_ folder: String) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            // A file may go while this looks.
            let size = (try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)"))?[.size] as? Int
            bytes += size ?? 0
            if name.hasSuffix(".tmp") { temporary.append(name) }
            if name.hasSuffix(".damaged") { damaged.append(name) }
            if name.hasSuffix(".safetensors") { states.append(name) }
        }
    }

    /// What is wrong with the folder once a process has started in it; nil: nothing.
    ///
    /// - Parameters:
    ///   - before: what a killed process had left.
    ///   - bytesMax: the budget; a file that is being written, and the lock, come beside it.
    func fault(after before: FolderContents, bytesMax: Int) -> String? {
        let left = Set(temporary).intersection(before.temporary)
        if !left.isEmpty { return "half-written files are still there: \(left.sorted())" }
        if !damaged.isEmpty { return "files are damaged: \(damaged)" }
        if temporary.isEmpty, bytes > bytesMax { return "\(bytes) bytes, at most \(bytesMax) are allowed" }
        return nil
    }
}
