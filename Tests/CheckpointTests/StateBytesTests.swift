import Checkpoint
import Tensors
import Testing

@Suite("Bytes of a state")
struct StateBytesTests {
    @Test(
        """
        MiniMax-Text-01: 560 MiB of lightning states and open blocks, and 80 KiB of keys and values a position, in \
        whole pages
        """
    )
    func realModel() throws {
        let config = try ModelConfig(contentsOf: text01), page = ModelConfig.keyValuePageLength
        let lightning = 560 << 20, position = 80 << 10
        #expect(config.stateBytes(tokensMax: 0) == lightning)
        #expect(config.stateBytes(tokensMax: 1) == lightning + page * position)
        #expect(config.stateBytes(tokensMax: page) == lightning + page * position)
        #expect(config.stateBytes(tokensMax: page + 1) == lightning + 2 * page * position)
        #expect(
            config.stateBytes(tokensMax: 1_000_000) == lightning + (1_000_000 + page - 1) / page * page * position)
    }

    @Test("in bf16 keys and values take half, and lightning layers as much as ever")
    func bfloat16() throws {
        let config = try ModelConfig(contentsOf: text01)
        for count in AttentionPart.counts {
            let exact = config.stateSize(of: count), rounded = config.stateSize(of: count, keyValues: .bfloat16)
            #expect(rounded.pageBytes * 2 == exact.pageBytes && rounded.fixedBytes == exact.fixedBytes)
        }
        #expect(config.stateBytes(tokensMax: 6400, keyValues: .bfloat16) == (560 << 20) + 6400 * (40 << 10))
    }

    @Test(
        "what no memory holds is Int.max, not a trap; a state without softmax layers does not grow",
        arguments: [Int.max, Int.max - 1, 1 << 60, 1 << 52])
    func extremes(tokens: Int) throws {
        let real = try ModelConfig(contentsOf: text01)
        #expect(real.stateBytes(tokensMax: tokens) == .max)
        #expect(real.stateBytes(tokensMax: .min) == real.stateBytes(tokensMax: 0))
        let lightningOnly = try parse(originalConfig(["attn_type_list": "[0, 0]"]))
        #expect(lightningOnly.stateBytes(tokensMax: tokens) == lightningOnly.stateBytes(tokensMax: 0))
    }

    @Test(
        "what shares the beginning of another state takes as much less as the full pages of that beginning have",
        arguments: [(0, 0), (1, 0), (63, 0), (64, 1), (65, 1), (640, 10), (-5, 0)])
    func sharing(shared: Int, pages: Int) {
        let size = StateSize(fixedBytes: 1000, pageBytes: 10, pageLength: 64)
        #expect(size.bytes(tokens: 640, sharing: shared) == 1000 + 10 * (10 - pages))
    }

    @Test("parts share the lightning states evenly; where parts end inside groups, the largest counts")
    func parts() throws {
        let real = try ModelConfig(contentsOf: text01)
        #expect(real.stateSize == real.stateSize(of: 1))
        for count in AttentionPart.counts {
            let size = real.stateSize(of: count), whole = real.stateSize
            #expect(size.fixedBytes == whole.fixedBytes / count && size.pageBytes == whole.pageBytes / count)
        }
        // 3 heads a part: 0 to 2, 3 to 5, 6 to 8 and 9 to 11 of groups 0 to 3, 4 to 7 and 8 to 11.
        let config = try parse(originalConfig(["num_attention_heads": "12", "num_key_value_heads": "3"]))
        let page = config.stateSize.pageBytes / 3
        #expect(
            AttentionPart.all(of: 4).map { config.stateSize(of: $0).pageBytes } == [page, 2 * page, 2 * page, page])
        #expect(config.stateSize(of: 4).pageBytes == 2 * page)
        #expect(config.stateSize(of: 4).fixedBytes == config.stateSize.fixedBytes / 4)
    }

    @Test("a file has as much as the state, and more where parts share key/value heads")
    func files() throws {
        let real = try ModelConfig(contentsOf: text01)
        #expect(real.stateFileBytes(tokens: 1000) == real.stateBytes(tokensMax: 1000))
        #expect(real.stateFileBytes(tokens: .max) == .max)
        let config = try parse(originalConfig(["num_attention_heads": "12", "num_key_value_heads": "3"]))
        // 4 parts have 1, 2, 2 and 1 groups of the 3; see above.
        let (fixed, page) = (config.stateSize.fixedBytes, config.stateSize.pageBytes / 3)
        #expect(config.stateFileBytes(tokens: 0) == fixed && config.stateFileBytes(tokens: 64) == fixed + 6 * page)
        let lightningOnly = try parse(originalConfig(["attn_type_list": "[0, 0]"]))
        #expect(lightningOnly.stateFileBytes(tokens: .max) == lightningOnly.stateSize.fixedBytes)
    }
}
