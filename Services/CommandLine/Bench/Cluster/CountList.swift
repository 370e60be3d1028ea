internal import ArgumentParser
internal import Console

/// Numbers from 1 on, as `2048,32768`.
struct CountList: ExpressibleByArgument, Sendable, Equatable {
    let counts: [Int]

    init(_ counts: Int...) { self.counts = counts }

    init?(argument: String) {
        let counts = listItems(argument).map { Int($0) }
        guard counts.allSatisfy({ $0.map { (1 ... 1 << 30).contains($0) } ?? false }) else { return nil }
        self.counts = counts.compactMap(\.self)
    }

    var defaultValueDescription: String { counts.map(String.init).joined(separator: ",") }
}
