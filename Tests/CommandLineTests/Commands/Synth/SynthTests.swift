import ArgumentParser
import Checkpoint
import Foundation
import Tensors
import Testing
import Tokenizer

@testable import CommandLineTool

@Suite("Synth") struct SynthTests {
    private func synth(_ folder: TemporaryFolder, _ arguments: String...) async throws {
        let command = try SynthCommand.parse(
            ["--scale", "64", "--layers", "2", "--vocabulary", "300", "--out", folder.path] + arguments)
        try await command.run()
    }

    @Test("what it writes opens as a checkpoint, whole and without a stranger, and its tokenizer too")
    func opens() async throws {
        try await TemporaryFolder.with { folder in
            try await synth(folder)
            #expect(
                folder.names == [
                    "config.json", "generation_config.json", "model-00001-of-00001.safetensors",
                    "model.safetensors.index.json", "tokenizer.json",
                    "tokenizer_config.json",
                ])
            let files = try WeightFiles(directory: folder.path)
            #expect(files.unusedTensors == [] && files.byteCount == ModelSummary(files.config).byteCount)
            #expect(try BytePairTokenizer(contentsOf: folder.path).vocabularyCount == files.config.vocabularySize)
        }
    }

    @Test("norms lie around 1, matrices around 0 with deviation 1/√inputs")
    func distributions() async throws {
        try await TemporaryFolder.with { folder in
            try await synth(folder)
            let files = try WeightFiles(directory: folder.path)
            func moments(_ values: [Float]) -> (mean: Float, deviation: Float) {
                let mean = values.reduce(0, +) / Float(values.count)
                return (mean, (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(values.count)).squareRoot())
            }
            let norm = moments(try files.layerNorms(1).input.floats())
            #expect(abs(norm.mean - 1) < 0.05 && abs(norm.deviation - 0.1) < 0.03)
            for matrix in try [files.expert(1, 31).w2, files.lightning(0).qkv, files.head()] {
                let (mean, deviation) = moments(matrix.floats())
                #expect(abs(mean) < 0.002 && abs(deviation * Float(matrix.columns).squareRoot() - 1) < 0.02)
            }
        }
    }

    @Test("with a skew the first rows of a gate are the largest, and the other tensors are as without")
    func gateSkew() async throws {
        try await TemporaryFolder.with { one in
            try await TemporaryFolder.with { other in
                try await synth(one, "--gate-skew", "0.5")
                try await synth(other)
                let skewed = try WeightFiles(directory: one.path), even = try WeightFiles(directory: other.path)
                func sizes(_ files: WeightFiles) throws -> [Float] {
                    let gate = try files.gate(0), values = gate.floats()
                    return (0 ..< gate.rows).map { row in
                        values[row * gate.columns ..< (row + 1) * gate.columns].reduce(0) { $0 + $1 * $1 }.squareRoot()
                    }
                }
                let (large, usual) = (try sizes(skewed), try sizes(even))
                for row in large.indices {
                    #expect(abs(large[row] / usual[row] - 1 / Float(row + 1).squareRoot()) < 0.01, "row \(row)")
                }
                #expect(try skewed.expert(0, 3).w1.floats() == even.expert(0, 3).w1.floats())
            }
        }
    }

    @Test("the same seed gives the same bytes on any number of threads, another seed another model")
    func seeds() async throws {
        try await TemporaryFolder.with { one in
            try await TemporaryFolder.with { other in
                try await synth(one, "--seed", "7", "--threads", "1")
                try await synth(other, "--seed", "7", "--threads", "3")
                for name in try #require(one.names) { #expect(try one.bytes(name) == other.bytes(name), "\(name)") }
                try await TemporaryFolder.with { third in
                    try await synth(third, "--seed", "8")
                    #expect(
                        try WeightFiles(directory: one.path).fingerprint()
                            != WeightFiles(directory: third.path).fingerprint())
                }
            }
        }
    }

    @Test(
        "flags that make no model are refused",
        arguments: [
            ["--scale", "3"], ["--scale", "0"], ["--layers", "0"], ["--layers", "2049"], ["--vocabulary", "263"],
            ["--threads", "0"], ["--shape", "m2"], ["--seed", "-1"],
        ])
    func flags(arguments: [String]) {
        #expect(throws: (any Error).self) { try SynthCommand.parse(["--out", "x"] + arguments) }
    }

    @Test("it ends with what to do next, pasted into a shell as it is")
    func summary() {
        let plan = ShardPlan([NewTensor(name: "a", elementType: "U8", shape: [1000])])
        #expect(
            SynthCommand.summary(of: plan, parameters: 1000, folder: "my model", seconds: 1.25) == """
                Wrote my model in 1.3 s: 1,000 parameters, 1.1 KiB in 1 file.

                  minimax inspect 'my model'
                  minimax up --model 'my model'
                  minimax ask "Once upon a time" --model 'my model'
                  minimax quantize 'my model' --to int8 --out 'my model-int8'
                """)
    }

    @Test(
        "arguments are quoted where a shell needs it",
        arguments: [("a/b-1.c", "a/b-1.c"), ("", "''"), ("it's", #"'it'\''s'"#), ("$x", "'$x'"), ("ä", "'ä'")])
    func quoting(argument: String, text: String) { #expect(shellQuoted(argument) == text) }
}
