internal import Cluster
internal import Foundation
internal import Transport

/// A fresh folder that only this user can enter, for the sockets and logs of one cluster.
struct SocketFolder: Sendable {
    let path: String
    var logs: String { "\(path)/log" }

    /// Room for the longest socket name in it.
    private static let nameBytesMax = "/expert-host-256.admin".utf8.count

    /// - Throws: `StartError` when no folder can be made.
    init(environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        var failure = ""
        for parent in [environment["XDG_RUNTIME_DIR"], "/tmp"].compactMap({ $0 }) where parent.hasPrefix("/") {
            let template = "\(parent)/minimax-XXXXXX"
            guard template.utf8.count + Self.nameBytesMax <= Address.unixPathBytesMax else { continue }
            var name = Array(template.utf8CString)
            guard unsafe mkdtemp(&name) != nil else {                       // makes it with mode 0700
                failure = unsafe "\(parent): \(String(cString: strerror(errno)))"
                continue
            }
            path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            do {
                try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: false)
            } catch {
                remove()
                throw StartError("cannot make a folder for logs in \(path): \(plainWords(of: error))")
            }
            return
        }
        throw StartError("cannot make a private folder for sockets in XDG_RUNTIME_DIR or /tmp (\(failure))")
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
