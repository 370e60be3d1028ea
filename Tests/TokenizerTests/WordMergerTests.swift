import Testing

@testable import Tokenizer

@Suite("Word merger") struct WordMergerTests {
    /// The definition: again and again the first pair of lowest rank.
    private func slowMerge(_ word: [UInt8], _ table: MergeTable) -> [Int32] {
        var ids = word.map { table.byteIDs[Int($0)] }.filter { $0 >= 0 }
        while true {
            var best: (rank: Int32, index: Int, id: Int32)?
            for index in ids.indices.dropLast() {
                if let merge = table.merge(ids[index], ids[index + 1]), merge.rank < best?.rank ?? .max {
                    best = (merge.rank, index, merge.id)
                }
            }
            guard let best else { return ids }
            ids.replaceSubrange(best.index ... best.index + 1, with: [best.id])
        }
    }

    @Test("random words under random merges come out as by the definition")
    func random() throws {
        for _ in 0 ..< 60 {
            var tokens = ["a", "b", "c"]
            var vocabulary = Vocabulary()
            for (id, token) in tokens.enumerated() { _ = vocabulary.insert(token, id: Int32(id)) }
            var pairs: [(Int, Int, Int)] = []
            for _ in 0 ..< 20 {
                let left = Int.random(in: tokens.indices), right = Int.random(in: tokens.indices)
                let joined = tokens[left] + tokens[right]
                if !tokens.contains(joined) {
                    tokens.append(joined)
                    _ = vocabulary.insert(joined, id: Int32(tokens.count - 1))
                }
                pairs.append((left, right, tokens.firstIndex(of: joined) ?? 0))
            }
            var table = MergeTable(vocabulary, reserving: pairs.count)
            for (rank, pair) in pairs.enumerated() {
                table.insert(Int32(pair.0), Int32(pair.1), .init(rank: Int32(rank), id: Int32(pair.2)))
            }
            var merger = WordMerger(table)
            for _ in 0 ..< 50 {
                let word = (0 ..< Int.random(in: 0 ..< 30)).map { _ in "abcx".utf8.randomElement() ?? 0 }
                var ids: [Int32] = []
                var work = EncodingWork(bytes: word.count, rounds: 1) { false }
                try merger.merge(word, into: &ids, &work)
                #expect(ids == slowMerge(word, table))
            }
        }
    }
}
