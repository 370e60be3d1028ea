import Console
import Foundation
import Testing

@Suite("Text files") struct TextFileTests {
    /// A pipe by its name, as a shell's `<(command)` gives it.
    private func withPipe(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
        let pipe = Pipe()
        let writer = pipe.fileHandleForWriting
        Thread.detachNewThread {
            try? writer.write(contentsOf: Data(bytes))
            try? writer.close()
        }
        try body("/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)")
        withExtendedLifetime(pipe) {}
    }

    @Test("a pipe is read to its end")
    func pipe() throws {
        let text = String(repeating: "The password is 4711.\n", count: 20_000)
        try withPipe(Array(text.utf8)) { path in
            let read = try TextFile.text(path, "--file", maxBytes: 1 << 20)
            #expect(read == text)
        }
    }

    @Test(
        "what is too long, or no text, is refused by name",
        arguments: [
            ([UInt8](repeating: 65, count: 101), "is longer than 100 bytes"), ([0xFF], "is not UTF-8 text"),
        ])
    func refused(bytes: [UInt8], reason: String) throws {
        try withPipe(bytes) { path in
            #expect(throws: StartError("--file \(path) \(reason)")) { try TextFile.text(path, "--file", maxBytes: 100) }
        }
    }

    @Test(
        "a file that is not there, or a folder, is refused in the system's words",
        arguments: [("/no/such", "No such file or directory"), ("/tmp", "Is a directory")])
    func unreadable(path: String, reason: String) {
        #expect(throws: StartError("--file \(path) cannot be read: \(reason)")) {
            try TextFile.text(path, "--file", maxBytes: 100)
        }
    }

    @Test("a stream without end is read to the limit only")
    func endless() {
        #expect(throws: StartError("--file /dev/zero is longer than 100 bytes")) {
            try TextFile.text("/dev/zero", "--file", maxBytes: 100)
        }
    }
}
