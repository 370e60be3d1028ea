internal import Metrics

/// What the front counts. The names are those of vLLM's dashboards under our own prefix; how many requests run or wait
/// is the engine's to tell.
struct FrontMetrics: Sendable {
    private let model: (String, String)
    private let promptTokens: Counter
    private let generationTokens: Counter
    fileprivate let timeToFirstToken: Timer
    fileprivate let interTokenLatency: Timer
    private let requestLatency: Timer
    let unknownParameters = UnknownParameters()

    init(model: ServedModel) {
        let dimension = ("model_name", model.id)
        self.model = dimension
        promptTokens = Counter(label: "minimax_prompt_tokens_total", dimensions: [dimension])
        generationTokens = Counter(label: "minimax_generation_tokens_total", dimensions: [dimension])
        timeToFirstToken = Timer(label: "minimax_time_to_first_token_seconds", dimensions: [dimension])
        interTokenLatency = Timer(label: "minimax_inter_token_latency_seconds", dimensions: [dimension])
        requestLatency = Timer(label: "minimax_e2e_request_latency_seconds", dimensions: [dimension])
    }

    /// One answered HTTP request of any kind.
    func countRequest(status: Int) {
        Counter(label: "minimax_http_requests_total", dimensions: [("status", "\(status)")]).increment()
    }

    /// One job that ran: every choice that ended counts as a success, as in vLLM.
    func count(promptTokens prompt: Int, _ tally: Tally) {
        promptTokens.increment(by: prompt)
        generationTokens.increment(by: tally.tokens)
        for reason in tally.finishes {
            Counter(label: "minimax_request_success_total", dimensions: [model, ("finished_reason", reason.rawValue)])
                .increment()
        }
        requestLatency.record(duration: tally.start.duration(to: .now))
    }
}

/// Times the tokens of one choice.
struct TokenStopwatch {
    private let metrics: FrontMetrics
    private var last: ContinuousClock.Instant
    private var isFirst = true

    init(start: ContinuousClock.Instant, metrics: FrontMetrics) {
        last = start
        self.metrics = metrics
    }

    mutating func token() {
        let now = ContinuousClock.now
        (isFirst ? metrics.timeToFirstToken : metrics.interTokenLatency).record(duration: last.duration(to: now))
        (last, isFirst) = (now, false)
    }
}
