/// How a request ended.
enum Outcome: Sendable, Equatable {
    case ok
    /// Refused with 429, or with 503.
    case tooMany, unavailable
    /// The client hung up, as it was meant to.
    case hungUp
    /// Refused otherwise, or broken off, with the reason.
    case failed(String)
    /// The answer came to its end, but not to the right one.
    case wrongEnding(String)

    enum Kind: String, Sendable, CaseIterable {
        case ok, tooMany = "429", unavailable = "503", hungUp = "hung_up", failed, wrongEnding = "wrong_ending"
    }

    var kind: Kind {
        switch self {
        case .ok: .ok
        case .tooMany: .tooMany
        case .unavailable: .unavailable
        case .hungUp: .hungUp
        case .failed: .failed
        case .wrongEnding: .wrongEnding
        }
    }

    /// What went wrong; nil where nothing did.
    var reason: String? {
        switch self {
        case .failed(let reason), .wrongEnding(let reason): reason
        case .ok, .tooMany, .unavailable, .hungUp: nil
        }
    }
}

/// What became of a request. Times are seconds from the beginning of the load.
struct RequestRecord: Sendable, Equatable {
    var item: LoadItem
    var sent: Double
    /// When each token came.
    var tokens: [Double] = []
    var ended: Double
    var outcome: Outcome

    var secondsToFirst: Double? { tokens.first.map { $0 - sent } }
    /// The seconds between two tokens each.
    var gaps: [Double] { zip(tokens.dropFirst(), tokens).map { $0 - $1 } }
    /// The mean of the gaps; nil where there is one token or none.
    var meanGap: Double? { tokens.count < 2 ? nil : (tokens[tokens.count - 1] - tokens[0]) / Double(tokens.count - 1) }
}
