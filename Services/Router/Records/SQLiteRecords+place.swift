internal import Foundation

extension SQLiteRecords {
    /// What the file is called where a folder is given.
    private static let fileName = "records.sqlite"

    /// Opens the records at a path that a person gave: a file, if there is one of that name or it ends in `.sqlite` or
    /// `.db`; else a folder, which is made where it is missing.
    ///
    /// - Parameters:
    ///   - tokenizer: as for the other initializer.
    ///   - isAlone: whether others who want to be alone are kept away as long as this object lives.
    /// - Throws: as the other initializer does; `.unavailable` where another process wants to be alone, too.
    package convenience init(at path: String, tokenizer: String, isAlone: Bool = false) throws(RecordsError) {
        let file = try Self.file(path)
        try self.init(path: file, tokenizer: tokenizer, lock: isAlone ? RecordsLock(for: file) : nil)
    }

    /// The file that a path means; its folder is made where it is missing.
    ///
    /// - Throws: `RecordsError.unavailable` where the folder cannot be made.
    package static func file(_ path: String) throws(RecordsError) -> String {
        var isFolder: ObjCBool = false
        let exists = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        let isFile = exists ? !isFolder.boolValue : path.hasSuffix(".sqlite") || path.hasSuffix(".db")
        let folder = isFile ? URL(fileURLWithPath: path).deletingLastPathComponent().path : path
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw .unavailable("The folder of the records, \(folder), cannot be made: \(error.localizedDescription)")
        }
        return isFile ? path : URL(fileURLWithPath: folder).appendingPathComponent(fileName).path
    }
}
