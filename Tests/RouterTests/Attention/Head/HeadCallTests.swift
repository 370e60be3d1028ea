internal import Checkpoint
internal import Foundation
internal import Messages
internal import Tensors
internal import Testing

@testable import Router

@Suite("Calls of the head") struct HeadCallTests {
    /// A row of logits: with many equal ones, with numbers that are none, or neither.
    private func logits(_ count: Int, seed: UInt64) -> [Float] {
        var source = RandomSource(seed: seed)
        return (0 ..< count).map { _ in
            switch seed % 3 {
            case 0: Float(source.next() % 11)
            case 1: [.nan, .infinity, -.infinity, 1, 2, 3].randomElement(using: &source) ?? 0
            default: Float(source.uniform() * 20 - 10)
            }
        }
    }

    private func questions(_ vocabulary: Int) -> [HeadQuestion] {
        let named = stride(from: 0, to: vocabulary, by: 7).map { UInt32($0) }
        return [
            HeadQuestion(candidates: 1), HeadQuestion(candidates: 5, named: named, top: 3, logSum: true),
            HeadQuestion(candidates: 192, named: named, temperature: 0.8), HeadQuestion(candidates: vocabulary, top: 1),
            HeadQuestion(candidates: 1, named: named, temperature: 1.3, draws: true, seed: 77),
            HeadQuestion(named: named, logSum: true, whole: true, temperature: 2), HeadQuestion(),
        ]
    }

    @Test(
        "1, 2, 4 and 8 parts give the same answers, bit for bit",
        arguments: [1, 2, 7, 8, 9, 97, 4096, 200_064], [0, 1, 2] as [UInt64])
    func parts(vocabulary: Int, seed: UInt64) throws {
        let excluded = (0 ..< Int32(vocabulary)).filter { $0 % 13 == 5 || $0 > 4000 }
        let call = HeadCall(questions(vocabulary), excluded: excluded, vocabulary: vocabulary)
        let rows = call.questions.indices.map { logits(vocabulary, seed: 3 * UInt64($0) + seed) }
        let one = try call.rows(rows)
        for parts in [2, 4, 8] {
            let found = try call.rows(rows, parts: parts)
            for (row, expected) in zip(found, one) { #expect(row == expected, "\(parts) parts") }
        }
    }

    @Test("a merged answer says of the logits what they are", arguments: [1, 8])
    func content(parts: Int) throws {
        let vocabulary = 3001, logits = logits(vocabulary, seed: 2)
        let named: [UInt32] = [0, 17, 1500, 3000], excluded: [Int32] = [3, 4, 5, 999]
        func sorted(_ ids: [Int]) -> [RankedToken] {
            ids.sorted { (logits[$0], $1) > (logits[$1], $0) }.map { RankedToken(id: Int32($0), logit: logits[$0]) }
        }
        let free = (0 ..< vocabulary).filter { !named.contains(UInt32($0)) && !excluded.contains(Int32($0)) }
        func row(_ question: HeadQuestion) throws -> HeadRow {
            try HeadCall([question], excluded: excluded, vocabulary: vocabulary, isFinite: true)
                .rows([logits], parts: parts)[0]
        }
        let few = try row(
            HeadQuestion(candidates: 50, named: named, top: 20, logSum: true, temperature: 0.25))
        #expect(few.candidates == Array(sorted(free).prefix(50)) && !few.isComplete)
        #expect(few.named == named.map { logits[Int($0)] })
        #expect(few.top == Array(sorted(Array(0 ..< vocabulary)).prefix(20)))
        let sum = logits.reduce(0.0) { $0 + exp(Double($1)) }
        #expect(try abs(#require(few.allSum).logarithm - log(sum)) < 1e-12)
        let freeSum = try #require(few.freeSum), highest = few.candidates[0].logit
        let expected = free.reduce(0.0) { $0 + exp((Double(logits[$1]) - Double(highest)) / 0.25) }
        #expect(freeSum.highest == Double(highest) && abs(freeSum.sum / expected - 1) < 1e-12)
        let all = try row(HeadQuestion(candidates: vocabulary))
        #expect(all.isComplete && all.candidates.count == vocabulary - 4)
        let whole = try row(HeadQuestion(named: named, whole: true))
        #expect(whole.isComplete && whole.named == few.named)
        #expect(whole.candidates == free.map { RankedToken(id: Int32($0), logit: logits[$0]) })
    }

    @Test(
        "a row costs at most 16 KiB on the wire, whoever cuts and whatever is named in ordinary use", arguments: [1, 8])
    func bytes(parts: Int) throws {
        let vocabulary = 200_064, logits = logits(vocabulary, seed: 2)
        // A thousand ids that were never trained, in twenty places, and a prompt of 800 different ids.
        let excluded = (0 ..< 1000).map { (number: Int32) in number / 50 * 10_000 + number % 50 }
        let prompt = (0 ..< 800).map { (number: Int32) in number * 250 }
        let counts: [Int?] = [nil, 20]
        let plain: [SamplingParameters] = [
            SamplingParameters(temperature: 0), SamplingParameters(), SamplingParameters(topP: 0.9),
            SamplingParameters(topK: 50), SamplingParameters(minP: 0.05), SamplingParameters(topP: 0.95, topK: 100),
        ]
        let penalized = plain.map { parameters in
            var parameters = parameters
            parameters.repetitionPenalty = 1.1
            return parameters
        }
        func bytes(_ question: HeadQuestion, excluded: [Int32]) throws -> Int {
            let call = HeadCall([question], excluded: excluded, vocabulary: vocabulary)
            let requests = AttentionPart.all(of: parts).map(call.request)
            return try zip(requests, call.responses([logits], parts: parts)).reduce(0) { $0 + headBytes($1.0, $1.1) }
        }
        for parameters in plain + penalized {
            let sampler = Sampler(parameters, prompt: prompt, suppressed: excluded)
            for logprobs in counts {
                let question = sampler.question(vocabulary: vocabulary, logprobs: logprobs)
                let found = try bytes(question, excluded: excluded)
                #expect(found <= 16 << 10, "\(parameters), logprobs \(logprobs ?? 0): \(found)")
            }
        }
        #expect(try bytes(HeadQuestion(candidates: 1), excluded: []) <= 24 * parts)
    }

    // MARK: answers that cannot be right

    struct Lie: CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (inout Draft) -> Void

        init(_ reason: String, _ change: @escaping @Sendable (inout Draft) -> Void) {
            (testDescription, self.change) = (reason, change)
        }
    }

    /// An answer that can be changed.
    struct Draft {
        var candidates: [Int32], candidateLogits: [Float], named: [Float], top: [Int32], topLogits: [Float]
        var logSums: [Double], freeSums: [Double], whole: [Float]

        init(_ response: HeadResponse) {
            (candidates, candidateLogits, named) = (
                response.candidates, response.candidateLogits, response.namedLogits
            )
            (top, topLogits, whole) = (response.top, response.topLogits, response.wholeLogits)
            (logSums, freeSums) = (response.logSums, response.freeSums)
        }

        var response: HeadResponse {
            HeadResponse(
                candidates: candidates, candidateLogits: candidateLogits, namedLogits: named, top: top,
                topLogits: topLogits, logSums: logSums, freeSums: freeSums, wholeLogits: whole)
        }
    }

    /// Logits of ids 0 to 15 are 15, 14 and so on; 3 is named, 5 excluded.
    static let lies: [Lie] = [
        Lie("too few candidates") {
            $0.candidates = [0, 1]; $0.candidateLogits = [15, 14]
        },
        Lie("too few candidates' logits") { $0.candidateLogits.removeLast() },
        Lie("too few named logits") { $0.named = [] },
        Lie("too few highest tokens") { $0.top = [] },
        Lie("too few highest logits") { $0.topLogits = [] },
        Lie("too few sums") { $0.logSums.removeLast() },
        Lie("too few sums over free ids") { $0.freeSums = [] },
        Lie("too few logits") { $0.whole.removeLast() },
        Lie("1 candidates that nobody has asked for") { $0.candidates.append(9) },
        Lie("2 candidates' logits that nobody has asked for") { $0.candidateLogits += [1, 2] },
        Lie("1 named logits that nobody has asked for") { $0.named.append(1) },
        Lie("1 highest tokens that nobody has asked for") { $0.top.append(7) },
        Lie("1 sums that nobody has asked for") { $0.logSums.append(1) },
        Lie("4 logits that nobody has asked for") { $0.whole += [1, 2, 3, 4] },
        Lie("token 16, which is none of 0..<16") { $0.candidates[2] = 16 },
        Lie("token -1, which is none of 0..<16") { $0.top[0] = -1 },
        Lie("token 0 behind token 1, which is not higher") {
            $0.candidates.swapAt(0, 1); $0.candidateLogits.swapAt(0, 1)
        },
        Lie("token 0 behind token 0, which is not higher") {
            $0.candidates[1] = 0; $0.candidateLogits[1] = 15
        },
        Lie("token 0 behind token 4, which is not higher") {
            $0.candidates[0] = 4; $0.candidates[1] = 0; $0.candidateLogits[1] = 15
        },
        Lie("token 0 twice") { $0.candidates[1] = 0 },
        Lie("candidate 3, which is no free id") { $0.candidates[2] = 3 },
        Lie("candidate 5, which is no free id") { $0.candidates[2] = 5 },
        Lie("a logit of nan") { $0.candidateLogits[0] = .nan },
        Lie("a logit of inf") { $0.topLogits[0] = .infinity },
        Lie("a logit of -inf") { $0.named[0] = -.infinity },
        Lie("a logit of nan") { $0.whole[15] = .nan },
        Lie("a sum of 0.0 where 15.0 is the highest of 2 logits") { $0.logSums[1] = 0 },
        Lie("a sum of 2.5 where 15.0 is the highest of 2 logits") { $0.freeSums[1] = 2.5 },
        Lie("a sum of nan where 15.0 is the highest of 2 logits") { $0.freeSums[1] = .nan },
        Lie("a sum of 1.0 where nan is the highest of 2 logits") {
            $0.freeSums[0] = .nan; $0.freeSums[1] = 1
        },
        Lie("a sum of 1.0 where inf is the highest of 2 logits") {
            $0.logSums[0] = .infinity; $0.logSums[1] = 1
        },
        Lie("15.0 as the highest logit where its sums say 16.0") { $0.logSums[0] = 16 },
        Lie("15.0 as the highest logit where its sums say 13.0") { $0.freeSums[0] = 13 },
    ]

    @Test("an answer that cannot be right is refused, and says who gave it", arguments: lies)
    func refused(lie: Lie) throws {
        let logits = (0 ..< 16).map { 15 - Float($0) }
        let questions = [
            HeadQuestion(candidates: 3, named: [3], top: 1, logSum: true, temperature: 1), HeadQuestion(whole: true),
        ]
        let call = HeadCall(questions, excluded: [5], vocabulary: 16, isFinite: true)
        let truth = try call.responses([logits, logits], parts: 1)
        #expect(throws: Never.self) { try call.merge(truth, from: ["attention-2"]) }
        var draft = Draft(truth[0])
        lie.change(&draft)
        #expect(throws: ClusterError.answer(from: "attention-2", lie.testDescription)) {
            try call.merge([draft.response], from: ["attention-2"])
        }
    }

    @Test("the part that lies is named, and one that answers for another part is one that lies")
    func liars() throws {
        let logits = (0 ..< 16).map { 15 - Float($0) }
        let call = HeadCall([HeadQuestion(candidates: 2)], vocabulary: 16, isFinite: true)
        let right = try call.responses([logits], parts: 2)
        #expect(throws: ClusterError.answer(from: "b", "token 0, which is none of 8..<16")) {
            try call.merge([right[0], right[0]], from: ["a", "b"])
        }
        #expect(throws: ClusterError.answer(from: "a", "token 8, which is none of 0..<8")) {
            try call.merge([right[1], right[0]], from: ["a", "b"])
        }
    }

    @Test("hidden rows that are no numbers may have any logits")
    func oddRows() throws {
        let odd = HeadCall([HeadQuestion(candidates: 2, top: 1)], vocabulary: 4)
        let row = try odd.rows([[.infinity, .nan, 1, -.infinity]])[0]
        #expect(row.candidates == [RankedToken(id: 0, logit: .infinity), RankedToken(id: 2, logit: 1)])
        let even = HeadCall([HeadQuestion(candidates: 2, top: 1)], vocabulary: 4, isFinite: true)
        #expect(throws: ClusterError.answer(from: "part 0", "a logit of inf")) {
            try even.rows([[.infinity, .nan, 1, -.infinity]])
        }
    }

    @Test("answers of random bytes are refused or taken, and nothing traps")
    func fuzz() throws {
        let logits = (0 ..< 64).map { Float($0 * 37 % 64) }
        let call = HeadCall(questions(64), excluded: [5, 6, 40], vocabulary: 64, isFinite: true)
        let truth = try call.responses(call.questions.map { _ in logits }, parts: 4)
        var random = RandomSource(seed: 5), refused = 0
        for _ in 0 ..< 2000 {
            var responses = truth
            let part = Int(random.next() % 4)
            var draft = Draft(responses[part])
            switch random.next() % 6 {
            case 0: draft.candidates.change(&random) { Int32(truncatingIfNeeded: $0) }
            case 1: draft.candidateLogits.change(&random) { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) }
            case 2: draft.named.change(&random) { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) }
            case 3: draft.top.change(&random) { Int32(truncatingIfNeeded: $0 % 64) }
            case 4: draft.logSums.change(&random) { Double(bitPattern: $0) }
            default: draft.whole.change(&random) { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) }
            }
            responses[part] = draft.response
            do {
                _ = try call.merge(responses, from: ["a", "b", "c", "d"])
            } catch { refused += 1 }
        }
        #expect(refused > 1000, "\(refused) of 2000")
    }
}

extension Array {
    /// Removes, adds or changes an element.
    fileprivate mutating func change(_ random: inout RandomSource, _ value: (UInt64) -> Element) {
        let place = isEmpty ? 0 : Int(random.next() % UInt64(count))
        switch random.next() % 3 {
        case 0 where !isEmpty: remove(at: place)
        case 1 where !isEmpty: self[place] = value(random.next())
        default: insert(value(random.next()), at: place)
        }
    }
}
