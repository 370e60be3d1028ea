import Foundation
import JSON
import Testing

/// `minimax synth` as a person runs it, and what the services say to its checkpoints.
@Suite("minimax synth", .serialized, .inTurn) struct SynthTests {
    @Test("a cluster serves what it writes: the answer is varied text")
    func serves() async throws {
        try await Paths.withFolder { folder in
            let model = "\(folder)/model"
            let synth = try await Tool.run(
                Paths.program("minimax").path,
                ["synth", "--scale", "64", "--layers", "3", "--vocabulary", "2000", "--out", model])
            #expect(synth.status == 0 && synth.output.contains("minimax up --model \(model)"), "\(synth.output)")
            let ask = try await Tool.run(
                Paths.program("minimax").path, ["ask", "Once upon a time", "--model", model, "--max-tokens", "60"],
                environment: ["XDG_RUNTIME_DIR": folder])
            let words = Set(ask.output.split(separator: " "))
            #expect(ask.status == 0 && words.count > 10, "\(ask.output)")
        }
    }

    @Test("Ctrl-C ends it and leaves nothing behind")
    func interrupt() async throws {
        try await Paths.withFolder { folder in
            let process = try ServiceProcess(
                "minimax", ["synth", "--scale", "2", "--layers", "1", "--out", "\(folder)/model"], folder: folder,
                stopsWithInput: false)
            try await eventually("it has begun to write") {
                (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/model"))?.isEmpty == false
            }
            process.signal(SIGINT)
            await process.waitForExit()
            #expect(process.exitStatus == 130)
            #expect(process.log.contains("Stopped; what was written to \(folder)/model is removed."))
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/model"))
        }
    }
}
