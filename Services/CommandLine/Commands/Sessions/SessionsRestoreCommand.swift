internal import ArgumentParser
internal import ClusterClient
internal import Console
internal import Foundation
internal import TerminalOutput

/// Makes a session of a file.
struct SessionsRestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Make a new session of a file that 'save' has written, and print its id.",
        discussion: "The cluster must serve the same checkpoint, in the same arithmetic, as the one that saved it.")

    @Argument(help: ArgumentHelp("The file to read.", valueName: "file"))
    var file: String

    @OptionGroup var sessions: SessionsOptions

    func run() async throws {
        let client = try sessions.client
        let descriptor = unsafe open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StartError("\(file) cannot be read: \(systemWords(errno))") }
        defer { close(descriptor) }
        let byteCount = Int(lseek(descriptor, 0, SEEK_END))
        guard byteCount > 0 else { throw StartError("\(file) is empty or no file that can be read") }
        let path = file
        let session = try await interruptible {
            try await ProgressDisplay().showing(ProgressBar(title: "restoring", total: byteCount)) { progress in
                let upload = RESTUpload(byteCount: byteCount) { range in
                    let bytes = try Self.bytes(of: descriptor, range, path)
                    progress.add(bytes.count)
                    return bytes
                }
                return try await client.restore(upload).value
            }
        }
        try printToStandardOutput(session.id)
    }

    private static func bytes(of descriptor: Int32, _ range: Range<Int>, _ path: String) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        let count = unsafe pread(descriptor, &bytes, range.count, off_t(range.lowerBound))
        guard count == range.count else {
            throw StartError("\(path) cannot be read: \(count < 0 ? systemWords(errno) : "it has become shorter")")
        }
        return bytes
    }
}
