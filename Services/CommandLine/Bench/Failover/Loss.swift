internal import ArgumentParser
internal import Console

/// What is lost in the middle of an answer.
enum Loss: String, CaseIterable, Sendable {
    case expertHost = "expert-host"
    /// An attention service that the answer lives on.
    case attention
}

/// Some of them, as `expert-host,attention`.
struct Losses: ExpressibleByArgument, Sendable, Equatable {
    let losses: [Loss]

    init(_ losses: Loss...) { self.losses = losses }

    init?(argument: String) {
        let losses = listItems(argument).map { Loss(rawValue: String($0)) }
        guard !losses.isEmpty, losses.allSatisfy({ $0 != nil }) else { return nil }
        let asked = losses.compactMap(\.self)
        self.losses = Loss.allCases.filter(asked.contains)
    }

    var defaultValueDescription: String { losses.map(\.rawValue).joined(separator: ",") }
}
