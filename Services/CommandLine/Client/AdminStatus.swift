internal import Foundation

/// What a service says of itself at its admin address, for example
/// `{"status":"loading","message":"reading","progress":0.5}`.
package struct AdminStatus: Decodable {
    /// One word, for example `loading`.
    package var status: String
    /// What it is doing, while it loads.
    package var message: String?
    /// How much of that is done, from 0 to 1.
    package var progress: Double?

    /// Nil when the answer is something else.
    package init?(_ answer: RESTClient.Answer) {
        guard let read = try? JSONDecoder().decode(Self.self, from: Data(answer.body)) else { return nil }
        self = read
    }

    /// `loading: reading`, or the status alone.
    package var inWords: String { message.map { "\(status): \($0)" } ?? status }
}
