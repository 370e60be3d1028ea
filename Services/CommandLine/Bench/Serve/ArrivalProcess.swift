internal import Foundation

/// When requests come, whatever becomes of those before them: independently of each other, so with exponential gaps
/// (Poisson).
struct ArrivalProcess: Sendable, Equatable {
    enum Extent: Sendable, Equatable { case seconds(Double), requests(Int) }

    /// Requests a second, on average.
    var rate: Double
    var extent: Extent

    static let requestsMax = 1_000_000

    /// Seconds from the beginning, ascending; `requestsMax` at most.
    func times(_ random: inout some RandomNumberGenerator) -> [Double] {
        var times: [Double] = []
        var now = 0.0
        while times.count < Self.requestsMax {
            now += -log(1 - Double.random(in: 0 ..< 1, using: &random)) / rate        // 1 - x is never 0
            switch extent {
            case .seconds(let end) where now >= end: return times
            case .requests(let count) where times.count == count: return times
            default: times.append(now)
            }
        }
        return times
    }
}
