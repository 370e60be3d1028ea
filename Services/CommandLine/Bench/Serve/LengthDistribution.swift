internal import ArgumentParser
internal import Foundation

/// How long prompts or answers are, in tokens.
enum LengthDistribution: Sendable, Equatable {
    case fixed(Int)
    /// Every length alike.
    case uniform(ClosedRange<Int>)
    /// Half are longer than the median; `sigma` is the standard deviation of the logarithm.
    case lognormal(median: Double, sigma: Double)

    static let lengths = 1 ... 1 << 20

    func draw(_ random: inout some RandomNumberGenerator) -> Int {
        switch self {
        case .fixed(let length): return length
        case .uniform(let range): return Int.random(in: range, using: &random)
        case .lognormal(let median, let sigma):
            let length = (median * exp(sigma * normal(&random))).rounded()
            return Int(min(max(length, Double(Self.lengths.lowerBound)), Double(Self.lengths.upperBound)))
        }
    }
}

/// A number of the standard normal distribution, by the method of Box and Muller.
private func normal(_ random: inout some RandomNumberGenerator) -> Double {
    let radius = (-2 * log(1 - Double.random(in: 0 ..< 1, using: &random))).squareRoot()        // 1 - x is never 0
    return radius * cos(2 * .pi * Double.random(in: 0 ..< 1, using: &random))
}

extension LengthDistribution: ExpressibleByArgument {
    /// `N`, `uniform:LOW-HIGH` or `lognormal:MEDIAN,SIGMA`.
    init?(argument: String) {
        let parts = argument.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        func fields(_ separator: Character) -> [Substring] {
            parts[1].split(separator: separator, omittingEmptySubsequences: false)
        }
        switch (parts[0], parts.count) {
        case (let number, 1):
            guard let length = Int(number), Self.lengths.contains(length) else { return nil }
            self = .fixed(length)
        case ("uniform", 2):
            let bounds = fields("-").compactMap { Int($0) }
            guard bounds.count == 2, fields("-").count == 2, bounds[0] <= bounds[1],
                bounds.allSatisfy(Self.lengths.contains)
            else {
                return nil
            }
            self = .uniform(bounds[0] ... bounds[1])
        case ("lognormal", 2):
            let numbers = fields(",").compactMap { Double($0) }
            guard numbers.count == 2, fields(",").count == 2 else { return nil }
            guard (1 ... Double(Self.lengths.upperBound)).contains(numbers[0]), (0 ... 10).contains(numbers[1]) else {
                return nil
            }
            self = .lognormal(median: numbers[0], sigma: numbers[1])
        default: return nil
        }
    }

    var defaultValueDescription: String {
        switch self {
        case .fixed(let length): "\(length)"
        case .uniform(let range): "uniform:\(range.lowerBound)-\(range.upperBound)"
        case .lognormal(let median, let sigma): "lognormal:\(median),\(sigma)"
        }
    }
}
