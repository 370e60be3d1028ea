import Testing

@testable import Tensors

@Suite("Random streams") struct RandomStreamTests {
    /// Numbers `first ..< first + count` of a stream, as their bits.
    private func bits(
        _ stream: RandomStream, _ first: Int, _ count: Int, mean: Float = 0, deviation: Float = 1
    ) -> [UInt16] {
        var values = [UInt16](repeating: 0, count: count)
        values.withUnsafeMutableBytes { stream.fill($0, from: first, mean: mean, deviation: deviation) }
        return values
    }

    private func floats(_ bits: [UInt16]) -> [Float] { bits.map { Float(bitPattern: UInt32($0) << 16) } }

    @Test("a part of a stream is that part, wherever it is cut", arguments: [(0, 1), (2, 7), (998, 2), (64, 500)])
    func parts(first: Int, count: Int) {
        let stream = RandomStream(seed: 5, name: "w")
        #expect(bits(stream, first, count) == Array(bits(stream, 0, 1000)[first ..< first + count]))
    }

    @Test("the first numbers are those of every machine and version: checkpoints made by a seed stay the same")
    func golden() {
        let stream = RandomStream(seed: 0, name: "model.embed_tokens.weight")
        #expect(bits(stream, 0, 6) == [48967, 48827, 48748, 16175, 16276, 48450])
        #expect(bits(stream, 1 << 40, 2) == [49109, 16258])
    }

    @Test("seed and name change every number")
    func streams() {
        let one = bits(RandomStream(seed: 1, name: "a"), 0, 1000)
        for other in [RandomStream(seed: 2, name: "a"), RandomStream(seed: 1, name: "b")] {
            let same = zip(one, bits(other, 0, 1000)).count { $0 == $1 }
            #expect(same < 30)        // by chance about 5
        }
    }

    @Test(
        "the numbers have the mean, the deviation and the bell shape asked for",
        arguments: [(0, 1), (1, 0.1), (0, 0.025)] as [(Float, Float)])
    func distribution(mean: Float, deviation: Float) {
        let values = floats(bits(RandomStream(seed: 3, name: "x"), 0, 100_000, mean: mean, deviation: deviation)).map {
            ($0 - mean) / deviation
        }
        let average = values.reduce(0, +) / 100_000
        let variance = values.reduce(0) { $0 + $1 * $1 } / 100_000
        #expect(abs(average) < 0.02 && abs(variance - 1) < 0.02)
        #expect(abs(Double(values.count { abs($0) < 1 }) / 100_000 - 0.67) < 0.02)        // a normal one has 0.683
        #expect(values.allSatisfy { abs($0) < 3.6 })
    }

    @Test("neighbours are independent")
    func correlation() {
        let values = floats(bits(RandomStream(seed: 4, name: "x"), 0, 100_000))
        for distance in [1, 2, 3, 64] {
            let products = zip(values, values.dropFirst(distance)).reduce(0) { $0 + $1.0 * $1.1 }
            #expect(abs(products / 100_000) < 0.02)
        }
    }
}
