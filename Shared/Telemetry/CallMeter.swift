internal import Metrics

/// What a service notes of the calls of one kind that it answers: how many they are, how long they are in the service,
/// and how much of that time is computation. The rest they wait: for the calls before them, and for threads to wake up.
package struct CallMeter: Sendable {
    private let calls: Counter
    private let seconds: FloatingPointCounter
    private let computeSeconds: FloatingPointCounter

    /// - Parameters:
    ///   - service: the first part of the metrics' names, as `minimax_attention`.
    ///   - call: the label `call`, of a service with calls of several kinds.
    package init(_ service: String, call: String? = nil) {
        let dimensions = call.map { [("call", $0)] } ?? []
        calls = Counter(label: "\(service)_calls_total", dimensions: dimensions)
        seconds = FloatingPointCounter(label: "\(service)_call_seconds_total", dimensions: dimensions)
        computeSeconds = FloatingPointCounter(label: "\(service)_compute_seconds_total", dimensions: dimensions)
    }

    /// From a call's arrival, decoded, until its answer is there.
    package func answer<Answer>(_ work: () async throws -> Answer) async rethrows -> Answer {
        let begin = ContinuousClock.now
        defer {
            calls.increment()
            seconds.increment(by: (ContinuousClock.now - begin) / .seconds(1))
        }
        return try await work()
    }

    /// The computation of one call, or of several together.
    package func compute<Result>(_ work: () throws -> Result) rethrows -> Result {
        let begin = ContinuousClock.now
        defer { computeSeconds.increment(by: (ContinuousClock.now - begin) / .seconds(1)) }
        return try work()
    }
}
