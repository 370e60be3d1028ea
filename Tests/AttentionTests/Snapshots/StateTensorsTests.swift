import Checkpoint
import Testing

@testable import Attention

@Suite("A kept state's memory as tensors") struct StateTensorsTests {
    /// A state of so many tokens, whose memory holds what it held before.
    private func state(_ shape: StateShape, tokens: Int, _ book: MemoryBook) -> LiveState {
        let live = LiveState(shape, tokensMax: tokens, book)
        for layer in live.layers {
            if let lightning = layer.lightning {
                lightning.begin(tokens)
                lightning.end(tokens)
            }
            _ = layer.softmax?.grow(by: tokens)
        }
        return live
    }

    private func fill(_ live: LiveState, with value: Float) {
        for memory in live.memory { for place in 0 ..< memory.count { memory.base[place] = value } }
    }

    @Test(
        "what memory held before, which may be another account's, is in no tensor beside the state's own rows",
        arguments: [1, 15, 16, 17, 48, 63])
    func othersMemory(tokens: Int) throws {
        let shape = StateShape(try Fixture.files("mixed-original").config), book = MemoryBook()
        fill(state(shape, tokens: tokens, book), with: 7)
        let kept = try #require(KeptState(of: state(shape, tokens: tokens, book)))
        let nothing = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        let written = StateTensors(kept, shape, tokens: nothing)
        defer { withExtendedLifetime((kept, written)) {} }
        var sevens = 0
        for tensor in written.tensors {
            for piece in tensor.pieces {
                let values = Array(piece.bindMemory(to: Float.self))
                sevens += values.count { $0 == 7 }
                #expect(values.allSatisfy { $0 == 7 || $0 == 0 })
            }
        }
        let lightning = shape.layers.count { $0 == .lightning }, softmax = shape.layers.count - lightning
        let heads = lightning * shape.lightning.headCount + softmax * shape.softmax.headCount
        #expect(sevens == 2 * tokens * heads * shape.lightning.headDimension)
    }
}
