import Checkpoint
import Messages
import Tensors
import TestSupport
import Testing

@testable import ExpertHost

@Suite("Waiting calls") struct WaitingCallsTests {
    private static let seeds: Range<UInt64> = 0 ..< 30
    private static let expert = try! Expert(Fixture.files("mixed-original"), layer: 0, expert: 0)

    private static func call(rows: Int) -> ExpertCall {
        let group = ExpertCall.Group(
            unit: ExpertUnit(layer: 0, expert: 0), expert: expert, rows: [UInt32](repeating: 0, count: rows))
        return ExpertCall(hidden: Tensor(rows: 1, columns: 40), groups: [group])
    }

    /// What the plainest queue of calls would hold.
    private struct Book {
        var waiting: [(number: Int, rows: Int)] = []
        var begun: Set<Int> = []
        var answers: [Int: Float] = [:]

        /// As many of the first as have 4096 rows together, or the first alone.
        mutating func nextRound() -> [Int] {
            var round: [Int] = [], rows = 0
            while let next = waiting.first, round.isEmpty || rows + next.rows <= 4096 {
                round.append(next.number)
                rows += next.rows
                waiting.removeFirst()
            }
            begun.formUnion(round)
            return round
        }

        mutating func withdraw(_ number: Int) {
            waiting.removeAll { $0.number == number }
            begun.remove(number)
            answers[number] = nil
        }
    }

    @Test("come in order, in rounds of 4096 rows, and are answered once unless withdrawn", arguments: seeds)
    func random(seed: UInt64) {
        var random = SplitMix64(seed: seed), book = Book(), numbers: [Int] = []
        let calls = WaitingCalls()
        for _ in 0 ..< 200 {
            switch Int.random(in: 0 ..< 10, using: &random) {
            case 0 ..< 4:
                let rows = [1, 7, 1000, 2048, 4095, 4096, 4097, 9000].randomElement(using: &random)!
                numbers.append(calls.add(Self.call(rows: rows)))
                book.waiting.append((numbers.last!, rows))
            case 4 ..< 6:
                #expect(calls.nextRound().map(\.number) == book.nextRound())
            case 6 ..< 8:
                guard let number = numbers.randomElement(using: &random) else { continue }
                calls.answer(number, with: [Float(number)])
                if book.begun.remove(number) != nil { book.answers[number] = Float(number) }
            case 8:
                guard let number = numbers.randomElement(using: &random) else { continue }
                #expect(calls.takeAnswer(number) == book.answers.removeValue(forKey: number).map { [$0] })
            default:
                guard let number = numbers.randomElement(using: &random) else { continue }
                calls.withdraw(number)
                book.withdraw(number)
            }
            #expect(calls.count == numbers.count)
            #expect(calls.isEmpty == (book.waiting.isEmpty && book.begun.isEmpty))
        }
        #expect(Set(numbers).count == numbers.count)
    }

    @Test("an answer to a call that has not begun, or that nobody knows, is nobody's")
    func strayAnswers() {
        let calls = WaitingCalls(), number = calls.add(Self.call(rows: 1))
        calls.answer(number, with: [1])
        calls.answer(number + 7, with: [2])
        #expect(calls.takeAnswer(number) == nil && calls.takeAnswer(number + 7) == nil)
        #expect(calls.nextRound().map(\.number) == [number])
        calls.answer(number, with: [3])
        #expect(calls.isEmpty && calls.takeAnswer(number) == [3])
    }
}
