internal import Foundation

extension SQLiteRecords {
    /// What the file is called where a folder is given.
    private static let fileName = "records.sqlite"

    /// Opens the records at a path that a person gave: a file, if there is one of that name or it ends in `.sqlite` or
    /// `.db`; else a folder, which is made where it is missing.
    ///
    /// - Parameter tokenizer: as for the other initializer.
    /// - Throws: as the other initializer does.
    package convenience init(at path: String, tokenizer: String) throws(RecordsError) {
        try self.init(path: Self.file(path), tokenizer: tokenizer)
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
