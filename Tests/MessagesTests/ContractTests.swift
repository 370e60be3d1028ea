import Foundation
import Messages
import Testing

/// `cluster.proto` is the contract: the generated C and the endpoints follow it.
@Suite("The code follows cluster.proto") struct ContractTests {
    @Test("the generated C is current: Shared/CMessages/generate gives the same bytes")
    func generated() throws {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        try #require(
            path.split(separator: ":").contains { FileManager.default.isExecutableFile(atPath: "\($0)/protoc-c") },
            "no protoc-c in PATH: install Debian's package protobuf-c-compiler (apt-get install protobuf-c-compiler); Tests/run does it")
        let folder = FileManager.default.temporaryDirectory.appending(path: "messages-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let generate = Process(), output = Pipe()
        generate.executableURL = contractFolder.appending(path: "generate")
        generate.arguments = [folder.path]
        generate.standardOutput = output
        generate.standardError = output
        try generate.run()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        generate.waitUntilExit()
        try #require(generate.terminationStatus == 0, "generate failed: \(said)")
        for file in ["cluster.pb-c.c", "include/cluster.pb-c.h"] {
            let fresh = try Data(contentsOf: folder.appending(path: file)), committed = try Data(contentsOf: contractFolder.appending(path: file))
            let same = fresh == committed
            #expect(same, "\(file) is not what cluster.proto gives: run Shared/CMessages/generate (with protobuf-c-compiler 1.4.1) and commit the result")
        }
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
        Call(Endpoint.holdExperts), Call(Endpoint.retainExperts), Call(Endpoint.runExperts), Call(Endpoint.describeAttention), Call(Endpoint.openSession), Call(Endpoint.growSession), Call(Endpoint.closeSessions), Call(Endpoint.parkSession), Call(Endpoint.resumeSession),
        Call(Endpoint.digestWeights),
        Call(Endpoint.embed), Call(Endpoint.attend), Call(Endpoint.logits), Call(Endpoint.lightningState), Call(Endpoint.announce),
    ]

    @Test("every endpoint has a path of its own")
    func unique() { #expect(Set(Self.calls.map(\.path)).count == Self.calls.count) }

    @Test("paths, requests and answers are those that the comments of cluster.proto name")
    func documented() throws {
        let lines = try String(contentsOf: contractFolder.appending(path: "cluster.proto"), encoding: .utf8).split(separator: "\n")
        var documented: [Call] = []
        for (index, line) in lines.enumerated() {
            guard let match = line.firstMatch(of: #/^// POST (/[\w./]+) -> (\w+)/#) else { continue }
            let message = try #require(lines[index...].lazy.compactMap { $0.firstMatch(of: #/^message (\w+) \{/#) }.first, "no message after: \(line)")
            documented.append(Call(path: String(match.1), request: String(message.1), response: String(match.2)))
        }
        #expect(Set(documented) == Set(Self.calls) && documented.count == Self.calls.count)
    }

    @Test("every message of cluster.proto is tested here, but for the parts of others")
    func complete() throws {
        let text = try String(contentsOf: contractFolder.appending(path: "cluster.proto"), encoding: .utf8)
        let messages = text.matches(of: #/(?m)^message (\w+) \{/#).map { String($0.1) }
        #expect(Set(messages).subtracting(["ExpertUnit", "TokenGroup", "Span"]) == Set(everyMessage.map(\.typeName)))
        #expect(Set(messages).count == messages.count)
    }
}
