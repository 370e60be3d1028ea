import Foundation
import Messages
import Testing

/// `cluster.proto` is the contract: the generated C, the Swift values and the endpoints follow it.
@Suite("The code follows cluster.proto") struct ContractTests {
    @Test("the generated code is current: Shared/CMessages/generate gives the same bytes")
    func generated() throws {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        for (tool, package) in [("protoc-c", "protobuf-c-compiler"), ("python3", "python3")] {
            try #require(
                path.split(separator: ":").contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(tool)") },
                "no \(tool) in PATH: install Debian's package \(package), as Tests/run does")
        }
        try withTemporaryFolder { folder in
            let (status, said) = try run(contractFolder.appending(path: "generate"), folder.path)
            try #require(status == 0, "generate failed: \(said)")
            let shared = contractFolder.deletingLastPathComponent()
            let committed = try ["Messages/Generated", "CMessages/include"].flatMap { try files(of: $0, in: shared) }
            let fresh = try ["Messages/Generated", "CMessages/include"].flatMap { try files(of: $0, in: folder) }
            #expect(fresh == committed, "the generated files are not those that cluster.proto gives. \(Self.remedy)")
            for file in fresh + ["CMessages/cluster.pb-c.c"] {
                let made = try Data(contentsOf: folder.appending(path: file))
                let same = try made == Data(contentsOf: shared.appending(path: file))
                #expect(same, "\(file) is not what cluster.proto gives. \(Self.remedy)")
            }
        }
    }

    private static let remedy =
        "Run Shared/CMessages/generate (with protobuf-c-compiler 1.4.1) and commit the result"

    private func files(of place: String, in folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: place).path).sorted()
            .map { "\(place)/\($0)" }
    }

    @Test(
        "what the generator of the Swift values does not understand, it refuses by line",
        arguments: [
            ("message M {\n  int32 a = 1;  // Signed.\n}", ":3: the field a is `int32`"),
            ("message M {\n  bytes a = 1;  // Of what?\n}", ":3: the field a is `bytes`"),
            ("message M {\n  uint32 a = 1;  // swift: UInt8\n}", ":3: the field a is `uint32` with `swift: UInt8`"),
            ("message M {\n  uint64 a = 1;  // swift: Name\n}", ":3: the field a is `uint64` with `swift: Name`"),
            ("message M {\n  uint64 a = 1;  // swift: [AnID]\n}", ":3: the field a is `uint64` with `swift: [AnID]`"),
            ("message M {\n  uint32 a = 1;  // swift: AnID\n}", ":3: the field a is `uint32` with `swift: AnID`"),
            (
                "message M {\n  repeated uint64 a = 1;  // swift: AnID\n}",
                ":3: the field a is `repeated uint64` with `swift: AnID`"
            ),
            (
                "message M {\n  repeated uint64 a = 1;  // swift: [Name]\n}",
                ":3: the field a is `repeated uint64` with `swift: [Name]`"
            ),
            (
                "message M {\n  repeated uint32 a = 1;  // swift: [AnID]\n}",
                ":3: the field a is `repeated uint32` with `swift: [AnID]`"
            ),
            ("message M {\n  uint32 a = 1;\n}", ":3: the field a has no comment"),
            ("message M {\n  optional uint32 a = 1;  // May lack.\n}", ":3: this line is not understood"),
            ("message M {\n  oneof a {\n}", ":3: this line is not understood"),
            ("message M {\n  Part a = 1;  // One.\n}\n// A part.\nmessage Part {}", ":3: the field a is `Part`"),
            (
                "message M {\n  repeated Part a = 1;  // Some.\n}\n// A part.\nmessage Part {\n"
                    + "  // swift: [Float]\n  // Data.\n  bytes b = 1;\n}",
                ":3: the field a repeats Part, which has a bytes"
            ),
            ("// POST /p -> N\n// swift: m\nmessage M {}", ":4: the message M is answered by N"),
            ("// POST /p -> M\nmessage M {}", ":3: the message M names no endpoint"),
        ])
    func refused(proto: String, reason: String) throws {
        try withTemporaryFolder { folder in
            let (status, said) = try generate("// A message.\n\(proto)\n", in: folder)
            #expect(status != 0 && said.contains("m.proto\(reason)"), "\(said)")
        }
    }

    @Test("a uint64 field whose comment names an id's type becomes one, a repeated field an array of them")
    func identifiers() throws {
        try withTemporaryFolder { folder in
            let proto = """
                package a;
                // A message.
                message M {
                  // The first.
                  uint64 first_one = 1;         // swift: AnID = .none
                  // Others.
                  repeated uint64 others = 2;   // swift: [OtherID]
                }
                """
            let (status, said) = try generate(proto, in: folder)
            try #require(status == 0, "\(said)")
            let swift = try String(contentsOf: folder.appending(path: "out/M.swift"), encoding: .utf8)
            let lines = Set(swift.split(separator: "\n").map { $0.drop { $0 == " " } })
            let expected: [Substring] = [
                "package let firstOne: AnID", "package let others: [OtherID]",
                "package init(firstOne: AnID = .none, others: [OtherID]) {",
                "firstOne: AnID(rawValue: message.first_one),",
                "others: fields.array(message.others, message.n_others).map(OtherID.init(rawValue:)))",
                "unsafe message.first_one = firstOne.rawValue", "unsafe message.n_others = others.count",
                "unsafe message.others = arena.copy(others.map(\\.rawValue))",
            ]
            for line in expected { #expect(lines.contains(line), "\(swift)") }
        }
    }

    /// Makes Swift values of a proto file, in `folder`/out.
    private func generate(_ proto: String, in folder: URL) throws -> (status: Int32, said: String) {
        let file = folder.appending(path: "m.proto")
        try Data(proto.utf8).write(to: file)
        let generator = contractFolder.appending(path: "swift_values.py")
        return try run(generator, file.path, folder.appending(path: "out").path)
    }

    private func withTemporaryFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "messages-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    /// - Returns: the exit status, and what the program said.
    private func run(_ program: URL, _ arguments: String...) throws -> (status: Int32, said: String) {
        let process = Process(), output = Pipe()
        process.executableURL = program
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, said)
    }

    private struct Call: Hashable, CustomStringConvertible {
        let path: String, request: String, response: String
        var description: String { "\(path): \(request) -> \(response)" }

        init(path: String, request: String, response: String) {
            self.path = path
            self.request = request
            self.response = response
        }

        init<Request, Response>(_ endpoint: Endpoint<Request, Response>) {
            self.init(path: endpoint.path, request: "\(Request.self)", response: "\(Response.self)")
        }
    }

    private static let calls = [
        Call(Endpoint.holdExperts), Call(Endpoint.retainExperts), Call(Endpoint.runExperts),
        Call(Endpoint.describeAttention), Call(Endpoint.holdPart), Call(Endpoint.digestWeights),
        Call(Endpoint.openSequence),
        Call(Endpoint.growSequence), Call(Endpoint.closeSequences), Call(Endpoint.keepState),
        Call(Endpoint.dropStates), Call(Endpoint.storeState), Call(Endpoint.listStates),
        Call(Endpoint.describeState), Call(Endpoint.exportState), Call(Endpoint.importState), Call(Endpoint.embed),
        Call(Endpoint.attend), Call(Endpoint.head), Call(Endpoint.announce),
    ]

    @Test("every endpoint has a path of its own")
    func unique() { #expect(Set(Self.calls.map(\.path)).count == Self.calls.count) }

    private func contract() throws -> String {
        try String(contentsOf: contractFolder.appending(path: "cluster.proto"), encoding: .utf8)
    }

    @Test("paths, requests and answers are those that the comments of cluster.proto name")
    func documented() throws {
        let lines = try contract().split(separator: "\n")
        var documented: [Call] = []
        for (index, line) in lines.enumerated() {
            guard let match = line.firstMatch(of: #/^// POST (/[\w./]+) -> (\w+)/#) else { continue }
            let messages = lines[index...].lazy.compactMap { $0.firstMatch(of: #/^message (\w+) \{/#) }
            let message = try #require(messages.first, "no message after: \(line)")
            documented.append(Call(path: String(match.1), request: String(message.1), response: String(match.2)))
        }
        #expect(Set(documented) == Set(Self.calls) && documented.count == Self.calls.count)
    }

    @Test("every message of cluster.proto is tested here, but for the parts of others")
    func complete() throws {
        let messages = try contract().matches(of: #/(?m)^message (\w+) \{/#).map { String($0.1) }
        let parts = ["ExpertUnit", "TokenGroup", "SequenceSpan", "KeptStateInfo", "HeadQuestion"]
        #expect(Set(messages).subtracting(parts) == Set(everyMessage.map(\.typeName)))
        #expect(Set(messages).count == messages.count)
    }
}
