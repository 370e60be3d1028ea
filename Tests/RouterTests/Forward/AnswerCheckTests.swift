internal import Tensors
internal import Testing

@testable import Router

/// Which answers of hosts are taken.
@Suite("Answers of hosts") struct AnswerCheckTests {
    private func work(_ values: [Float]) -> LayerWork {
        let routes = values.indices.map { _ in [Route(expert: 0, weight: 1)] }
        return LayerWork(
            layer: 0, input: Tensor(columns: 1, values: values), groups: TokenGroups(routes, sharedExpert: nil))
    }

    @Test("an answer has a value for each column of each row")
    func count() {
        let work = work([1, 2])
        #expect(work.fault(in: [3, 4], rows: 2) == nil)
        #expect(work.fault(in: [3], rows: 2) == "1 values, expected 2 rows of 1")
        #expect(work.fault(in: [3, 4, 5], rows: 2) == "3 values, expected 2 rows of 1")
    }

    @Test("it is finite, unless what the host was given was not", arguments: [Float.nan, .infinity, -.infinity])
    func finite(value: Float) {
        #expect(work([1, 2]).fault(in: [3, value], rows: 2) == "values that are not finite")
        #expect(work([1, value]).fault(in: [3, value], rows: 2) == nil)
    }
}
