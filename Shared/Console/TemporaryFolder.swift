internal import Foundation

/// New folders that only this user may enter.
package enum TemporaryFolder {
    /// So many characters follow the prefix in the name of such a folder; they make the name new.
    package static let suffixLength = 6

    /// - Parameter prefix: what the folder's name begins with.
    /// - Returns: its path.
    /// - Throws: `StartError` with the system's words where it cannot be made.
    package static func make(in parent: String, prefix: String) throws(StartError) -> String {
        let suffix = String(repeating: "X", count: suffixLength)
        var name = Array("\(parent)/\(prefix)\(suffix)".utf8CString)
        guard let path = unsafe mkdtemp(&name) else { throw StartError(systemWords(errno)) }        // with mode 0700
        return unsafe String(cString: path)
    }
}
