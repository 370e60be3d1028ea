import Foundation
import Snapshots
import TestSupport
import Testing

@testable import Attention

@Suite("Writing kept states to a disk that refuses") struct SnapshotDiskTests {
    private let memory = TensorMemory()

    /// A disk that has room for so many bytes more, and tells the rest what /dev/full tells.
    private func disk(room: Int) -> WriteCall {
        let full = Descriptor(open("/dev/full", O_WRONLY))
        return WriteCall { descriptor, bytes, place in
            let fits = min(bytes.count, room - place)
            guard fits > 0 else { return pwrite(full.number, bytes.baseAddress, bytes.count, 0) }
            return pwrite(descriptor, bytes.baseAddress, fits, off_t(place))
        }
    }

    private final class Descriptor: Sendable {
        let number: Int32
        init(_ number: Int32) { self.number = number }
        deinit { close(number) }
    }

    @Test("a full disk is a clear error, and leaves neither a file nor a part of one, but what was there before")
    func full() throws {
        let tensors = memory.state(), size = SnapshotFile.byteCount(.example, tensors)
        try withFolder { folder in
            try SnapshotFile.write(.example, tensors, to: folder, name: "old")
            for (name, room) in [("new", 0), ("new", 5000), ("old", 5000), ("new", size - 1)] {
                let error = #expect(throws: SnapshotError.self) {
                    try SnapshotFile.write(.example, tensors, to: folder, name: name, write: disk(room: room))
                }
                #expect(error == .disk("No space left on device"))
                #expect(try files(in: folder) == ["old"])
            }
            #expect(refusal("\(folder)/old", into: memory.state()) == nil)
            try SnapshotFile.write(.example, tensors, to: folder, name: "new", write: disk(room: size))
            #expect(refusal("\(folder)/new", into: memory.state()) == nil)
        }
    }

    @Test("writes that are cut short or interrupted go on where they stopped")
    func short() throws {
        var random = SplitMix64(seed: 1)
        let tensors = memory.state(), read = memory.state()
        for tensor in tensors { tensor.fill(&random) }
        let short = WriteCall { descriptor, bytes, place in
            guard (bytes.count + place) % 3 > 0 || bytes.count == 1 else {
                errno = EINTR
                return Bool.random() ? -1 : pwrite(descriptor, bytes.baseAddress, 1, off_t(place))
            }
            return pwrite(descriptor, bytes.baseAddress, min(bytes.count, 1000), off_t(place))
        }
        try withFolder { folder in
            try SnapshotFile.write(.example, tensors, to: folder, name: "state", write: short)
            #expect(refusal("\(folder)/state", into: read) == nil)
            #expect(read.map(\.content) == tensors.map(\.content))
        }
    }

    @Test(
        "a folder that cannot be written to is told in the system's words",
        arguments: [
            ("", "the folder's name is empty or contains a zero byte"),
            ("/nowhere/at/all", "No such file or directory"),
            ("/dev/null", "Not a directory"), ("a\u{0}b", "the folder's name is empty or contains a zero byte"),
        ])
    func unusable(folder: String, why: String) throws {
        let error = #expect(throws: SnapshotError.self) {
            try SnapshotFile.write(.example, memory.state(), to: folder, name: "state")
        }
        #expect(error == .disk(why))
    }

    @Test("a read-only folder refuses a state, and keeps what it has")
    func readOnly() throws {
        try withFolder { folder in
            let mine = memory.state()
            try SnapshotFile.write(.example, mine, to: folder, name: "old")
            #expect(chmod(folder, 0o555) == 0)
            defer { chmod(folder, 0o700) }
            let error = asOrdinaryUser {
                #expect(throws: SnapshotError.self) {
                    try SnapshotFile.write(.example, mine, to: folder, name: "new")
                }
            }
            #expect(error == .disk("Permission denied"))
            #expect(try files(in: folder) == ["old"])
            #expect(refusal("\(folder)/old", into: memory.state()) == nil)
        }
    }

    /// Runs `body` without the superuser's right to write everywhere, should this be the superuser; other threads keep
    /// it.
    private func asOrdinaryUser<R>(_ body: () -> R) -> R {
        guard geteuid() == 0, let symbol = dlsym(dlopen(nil, RTLD_NOW), "setfsuid") else { return body() }
        let setFileSystemUser = unsafeBitCast(symbol, to: (@convention(c) (uid_t) -> Int32).self)
        _ = setFileSystemUser(65534)
        defer { _ = setFileSystemUser(0) }
        return body()
    }

    @Test("a name that is taken by a folder refuses the state at the end, which leaves nothing either")
    func taken() throws {
        try withFolder { folder in
            try FileManager.default.createDirectory(atPath: "\(folder)/state/x", withIntermediateDirectories: true)
            let error = #expect(throws: SnapshotError.self) {
                try SnapshotFile.write(.example, memory.state(), to: folder, name: "state")
            }
            #expect(error == .disk("Is a directory"))
            #expect(try files(in: folder) == ["state"])
        }
    }
}
