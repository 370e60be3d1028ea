import Foundation
import JSON
import NIOHTTP1
import TestSupport
import Testing

@testable import ClusterClient
@testable import Router

/// Snapshots of sessions, over real processes: what follows is what would have followed, wherever the file went.
@Suite("Snapshots of sessions", .serialized, .inTurn) struct SnapshotTests {
    private static let prompt = PrefixPrompts.ids(300, seed: 21)

    @Test("saved here, restored in another cluster for another key: the next 64 tokens are an undisturbed session's")
    func anotherCluster() async throws {
        try await RESTCluster.with { here in
            let undisturbed = try await here.transcript(of: Self.prompt, salt: "undisturbed")
            let mine = SnapshotClient(cluster: here), id = try await mine.create(Self.prompt)
            let stored = try await mine.store(id)
            let file = try await mine.download(id).body
            #expect(
                stored["tokens"] == 300 && stored["bytes"] == .int(file.count) && stored["session_id"] == .string(id))
            let states = try await mine.get("/v1/sessions/\(id)")["states"]?.elements ?? []
            let last = try #require(states.last)
            #expect(last["tokens"] == 300 && last["bytes_on_disk"] == .int(file.count))
            #expect((last["bytes_in_memory"]?.int ?? 0) > 1 << 20)
            try await RESTCluster.with(.init(router: ["--api-keys", "another,third"])) { there in
                let theirs = SnapshotClient(cluster: there, key: "another")
                let restored = try await theirs.restore(file)
                let found = try await theirs.transcript(of: restored)
                #expect(found.transcript.difference(from: undisturbed.transcript) == nil)
                #expect(found.cached == 299, "the state that was restored is used")
                let third = SnapshotClient(cluster: there, key: "third")
                #expect(try await third.get("/v1/sessions/\(restored)")["error"]?["code"] == "session_not_found")
                // What was restored can be saved again.
                let again = try await theirs.restore(file), copy = try await theirs.download(again).body
                #expect(try await third.transcript(of: third.restore(copy)).transcript == undisturbed.transcript)
            }
        }
    }

    @Test("every process ends between the snapshot and its use, and the file is the same")
    func restart() async throws {
        try await Paths.withFolder { folder in
            let setup = RESTCluster.Setup(
                router: ["--records", "\(folder)/records"], attention: ["--states-folder", "\(folder)/states"])
            try await RESTCluster.with(setup) { cluster in
                let undisturbed = try await cluster.transcript(of: Self.prompt, salt: "undisturbed")
                let client = SnapshotClient(cluster: cluster), id = try await client.create(Self.prompt)
                _ = try await client.store(id)
                let before = try await client.download(id)
                for process in cluster.all { process.signal(SIGKILL) }
                for process in cluster.all { await process.waitForExit() }
                try await cluster.startEverything()
                let after = try await client.download(id)
                #expect(after.body == before.body && after.head.headers["etag"] == before.head.headers["etag"])
                let found = try await client.transcript(of: id)
                #expect(found.transcript == undisturbed.transcript && found.cached == 299)
            }
        }
    }

    @Test("pieces that are asked for by Range and put together are the whole file")
    func ranges() async throws {
        try await RESTCluster.with { cluster in
            let client = SnapshotClient(cluster: cluster), id = try await client.create(Self.prompt)
            let whole = try await client.download(id)
            let tag = try #require(whole.head.headers.first(name: "etag"))
            var random = SplitMix64(seed: 5), start = 0, joined: [UInt8] = []
            while start < whole.body.count {
                let end = min(whole.body.count, start + Int.random(in: 1 ... 700_000, using: &random))
                let part = try await client.download(id, ["range": "bytes=\(start)-\(end - 1)", "if-range": tag])
                #expect(part.status == 206 && part.body.count == end - start)
                joined += part.body
                start = end
            }
            #expect(joined == whole.body)
            #expect(try await client.download(id, ["range": "bytes=\(start)-"]).status == 416)
        }
    }

    @Test("a file that is cut short or has a flipped bit is refused wherever that is, and leaves nothing behind")
    func damage() async throws {
        try await RESTCluster.with { cluster in
            let client = SnapshotClient(cluster: cluster)
            let file = try await client.download(try await client.create([1, 2, 3])).body
            let before = try await cluster.metric("minimax_attention_states_kept", of: "attention")
            @Sendable func refused(_ damaged: [UInt8], _ what: String) async throws {
                let answer = try await client.upload(damaged)
                let code = try? JSONReader.read(answer.body)["error"]?["code"]?.text
                #expect(answer.status == 400 && code == "invalid_snapshot", "\(what): \(answer.text)")
                #expect(!answer.text.contains(cluster.folder), "\(answer.text)")
            }
            try await inParallel(stride(from: 0, to: file.count, by: 1000), atOnce: 6) { count in
                try await refused(Array(file.prefix(count)), "the first \(count) bytes")
            }
            try await refused(file + [0], "a byte more")
            var random = SplitMix64(seed: 8)
            let places = (0 ..< 300).map { index in
                // Half of them in the header.
                (Int.random(in: 0 ..< (index % 2 == 0 ? 8192 : file.count), using: &random), index % 8)
            }
            try await inParallel(places, atOnce: 6) { place, bit in
                var damaged = file
                damaged[place] ^= 1 << UInt8(bit)
                try await refused(damaged, "bit \(bit) of byte \(place)")
            }
            #expect(try await cluster.metric("minimax_attention_states_kept", of: "attention") == before)
            _ = try await client.restore(file)
        }
    }

    @Test("the file of another checkpoint is refused, and so is one of another arithmetic")
    func foreign() async throws {
        try await Paths.withFolder { folder in
            let other = try DamagedCheckpoint.copy(in: folder, "other")
            try DamagedCheckpoint.flipBit(of: "model.norm.weight", in: other)
            let fast = ["--arithmetic", "fast"]
            let setups = [
                ("another checkpoint", RESTCluster.Setup(model: other, router: ["--model", other])),
                ("another arithmetic", RESTCluster.Setup(router: fast, attention: fast, expertHost: fast)),
            ]
            try await RESTCluster.with { cluster in
                let client = SnapshotClient(cluster: cluster)
                let file = try await client.download(try await client.create([1, 2, 3])).body
                for (words, setup) in setups {
                    try await RESTCluster.with(setup) { foreign in
                        let answer = try await SnapshotClient(cluster: foreign).upload(file)
                        #expect(answer.status == 400 && answer.text.contains(words), "\(answer.text)")
                    }
                }
            }
        }
    }

    @Test("minimax sessions saves and restores")
    func commands() async throws {
        try await Paths.withFolder { folder in
            try await RESTCluster.with { cluster in
                func run(_ arguments: String...) async throws -> Tool.Result {
                    try await Tool.run(
                        Paths.program("minimax").path,
                        ["sessions"] + arguments + ["--url", "http://127.0.0.1:\(cluster.port)"])
                }
                let client = SnapshotClient(cluster: cluster), id = try await client.create(Self.prompt)
                let path = "\(folder)/talk.safetensors"
                let saved = try await run("save", id, path)
                #expect(saved.status == 0 && saved.output.contains("300 tokens in \(path)"), "\(saved.output)")
                #expect(try Data(contentsOf: URL(filePath: path)) == Data(try await client.download(id).body))
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["talk.safetensors"])
                let restored = try await run("restore", path)
                let new = restored.output.split(separator: "\n").last.map(String.init) ?? ""
                #expect(restored.status == 0 && new.hasPrefix("sess_") && new != id, "\(restored.output)")
                #expect(try await client.get("/v1/sessions/\(new)")["tokens"] == 300)
                try Data([1, 2, 3]).write(to: URL(filePath: "\(folder)/bad"))
                let refused = try await run("restore", "\(folder)/bad")
                #expect(
                    refused.status != 0 && refused.output.contains("no snapshot that can be restored"), "\(refused)")
                let unknown = try await run("save", "sess_nobody", "\(folder)/none")
                #expect(unknown.status != 0 && !FileManager.default.fileExists(atPath: "\(folder)/none.partial"))
            }
        }
    }

    @Test(
        "Python's safetensors opens a snapshot, and the lightning states in it are the golden ones",
        arguments: ["story-start", "needle-257"])
    func python(name: String) async throws {
        struct Found: Decodable { let package: String?, differences: [String: Double] }
        let prompt = try #require(try GoldenTests.prompts().first { $0.name == name }).input_ids.map { Int($0) }
        try await Paths.withFolder { folder in
            try await RESTCluster.with { cluster in
                let client = SnapshotClient(cluster: cluster), path = "\(folder)/snapshot.safetensors"
                let file = try await client.download(try await client.create(prompt)).body
                try Data(file).write(to: URL(filePath: path))
                let python = ProcessInfo.processInfo.environment["MINIMAX_TEST_PYTHON"] ?? "python3"
                let script = Paths.repository.appending(path: "Tests/Reference/read_snapshot.py").path
                let golden = Paths.golden.appending(path: "lightning-state-\(name).safetensors").path
                let result = try await Tool.run(python, [script, path, golden])
                try #require(result.status == 0, "\(python) said: \(result.output)")
                let found = try JSONDecoder().decode(Found.self, from: Data(result.output.utf8))
                #expect(found.package != nil, "\(python) has no safetensors package; Tests/run installs it")
                #expect(found.differences.count == 14)
                for (layer, difference) in found.differences { #expect(difference <= 1e-5, "\(layer): \(difference)") }
            }
        }
    }
}
