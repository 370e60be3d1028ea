internal import ArgumentParser
internal import Console

/// Numbers above 0, as `0.5,1,1.5`.
struct NumberList: ExpressibleByArgument, Sendable, Equatable {
    let numbers: [Double]

    init?(argument: String) {
        let numbers = listItems(argument).map { Double($0) }
        guard numbers.allSatisfy({ $0.map { $0 > 0 && $0 <= 1e5 } ?? false }) else { return nil }
        self.numbers = numbers.compactMap(\.self)
    }

    /// `2` for 2.0, `0.5` for 0.5.
    static func name(_ number: Double) -> String { Int(exactly: number).map { "\($0)" } ?? "\(number)" }
}
