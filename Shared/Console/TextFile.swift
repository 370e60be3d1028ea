#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Reads whole files that a person names: files, pipes such as a shell's `<(command)`, or standard input.
package enum TextFile {
    /// More than any router takes as a request.
    package static let promptBytesMax = 256 << 20

    /// - Parameters:
    ///   - path: `-` is standard input.
    ///   - flag: names it in errors.
    /// - Throws: `StartError` where it cannot be read, is longer than `maxBytes`, or is no UTF-8.
    package static func text(_ path: String, _ flag: String, maxBytes: Int) throws(StartError) -> String {
        guard let text = String(validating: try bytes(path, flag, maxBytes: maxBytes), as: UTF8.self) else {
            throw StartError("\(flag) \(path) is not UTF-8 text")
        }
        return text
    }

    /// The same for what may be something else than text.
    package static func bytes(_ path: String, _ flag: String, maxBytes: Int) throws(StartError) -> [UInt8] {
        func trouble() -> StartError {
            StartError("\(flag) \(path) cannot be read: \(unsafe String(cString: strerror(errno)))")
        }
        let descriptor = unsafe path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw trouble() }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: pieceBytes)
        while true {
            let count = unsafe piece.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw trouble() }
            guard count > 0 else { return bytes }
            bytes += piece[..<count]
            guard bytes.count <= maxBytes else { throw StartError("\(flag) \(path) is longer than \(maxBytes) bytes") }
        }
    }

    private static let pieceBytes = 1 << 16
}
