internal import Messages
internal import Tensors

/// Calls that are computed together: what several of them send to one expert is one product, so its weights are read
/// once. A row's bytes do not depend on the rows beside it, so no caller can tell.
struct ExpertRound {
    /// The rows of some calls' groups for one expert, call after call.
    private struct Product {
        let expert: Expert
        var sources: [Source] = []
        var rows: Range<Int>        // of the round's outputs
    }

    private struct Source {
        let call: Int
        let group: Int
    }

    private let calls: [ExpertCall]
    private let products: [Product]        // their rows follow each other

    init(_ calls: [ExpertCall]) {
        self.calls = calls
        var products: [Product] = [], places: [ExpertUnit: Int] = [:]
        for (call, groups) in calls.map(\.groups).enumerated() {
            for (group, content) in groups.enumerated() {
                if places[content.unit] == nil {
                    places[content.unit] = products.count
                    products.append(Product(expert: content.expert, rows: 0 ..< 0))
                }
                products[places[content.unit]!].sources.append(Source(call: call, group: group))
            }
        }
        var first = 0
        for index in products.indices {
            let count = products[index].sources.reduce(0) { $0 + calls[$1.call].groups[$1.group].rows.count }
            products[index].rows = first ..< first + count
            first += count
        }
        self.products = products
    }

    /// Each call's answer: (sum of group sizes, D), group after group.
    func outputs(_ compute: Compute) -> [[Float]] {
        guard let columns = calls.first?.hidden.columns, let rows = products.last?.rows.upperBound else {
            return calls.map { _ in [] }
        }
        let outputs = unsafe Tensor(rows: rows, columns: columns) { output in
            for pass in passes() {
                let first = pass[pass.startIndex].rows.lowerBound
                let groups = pass.map { ($0.expert, $0.rows.lowerBound - first ..< $0.rows.upperBound - first) }
                unsafe Expert.run(gather(pass), groups, into: output + first * columns, compute)
            }
        }
        if calls.count == 1 { return [outputs.values] }        // its groups are the products, in their order
        return answers(from: outputs)
    }

    /// Products that share parallel regions: neighbours of one form. Many rows gain nothing by it, and would only need
    /// more memory at a time.
    private func passes() -> [ArraySlice<Product>] {
        let rowsMax = 128
        var passes: [ArraySlice<Product>] = [], first = 0
        for index in products.indices.dropFirst() + [products.count] {
            let fits =
                index < products.count && products[index].expert.form == products[first].expert.form
                && products[index].rows.upperBound - products[first].rows.lowerBound <= rowsMax
            if !fits {
                passes.append(products[first ..< index])
                first = index
            }
        }
        return passes
    }

    /// The rows of some products' groups, one after the other.
    private func gather(_ products: ArraySlice<Product>) -> Tensor {
        let columns = calls[0].hidden.columns
        return unsafe Tensor(rows: products.reduce(0) { $0 + $1.rows.count }, columns: columns) { target in
            var target = unsafe target
            for source in products.lazy.flatMap(\.sources) {
                let call = calls[source.call]
                unsafe call.hidden.values.withUnsafeBufferPointer { hidden in
                    for row in call.groups[source.group].rows {
                        unsafe target.update(from: hidden.baseAddress! + Int(row) * columns, count: columns)
                        unsafe target += columns
                    }
                }
            }
        }
    }

    private func answers(from outputs: Tensor) -> [[Float]] {
        var places = calls.map { call in call.groups.map { _ in 0 } }        // first output row of each group
        for product in products {
            var row = product.rows.lowerBound
            for source in product.sources {
                places[source.call][source.group] = row
                row += calls[source.call].groups[source.group].rows.count
            }
        }
        return calls.indices.map { index in
            var answer: [Float] = []
            answer.reserveCapacity(calls[index].rowCount * outputs.columns)
            for (group, row) in zip(calls[index].groups, places[index]) {
                answer += outputs.values[row * outputs.columns ..< (row + group.rows.count) * outputs.columns]
            }
            return answer
        }
    }
}
