internal import Metrics
internal import Synchronization

/// What the engine tells about its steps. Names that vLLM's dashboards know stand under our prefix.
struct StepMetrics: Sendable {
    private let running: Gauge
    private let waiting: Gauge
    private let parked: Gauge
    private let stateUsage: Gauge
    private let queueTime: Timer
    private let prefillTime: Timer
    private let decodeTime: Timer
    private let promptTokens: Recorder
    private let answerTokens: Recorder
    private let steps = Counter(label: "minimax_steps_total")
    private let overlappedSteps = Counter(label: "minimax_steps_overlapped_total")
    private let stepTime = Timer(label: "minimax_step_seconds")
    private let parts = StepMeter.Part.allCases.map { part in
        (part, FloatingPointCounter(label: "minimax_step_part_seconds_total", dimensions: [("part", part.rawValue)]))
    }
    private let setAside = Counter(label: "minimax_sequences_set_aside_total")
    private let recoveries = Counter(label: "minimax_sequence_recoveries_total")
    private let generatingRows = Recorder(label: "minimax_step_decode_rows", aggregate: true)
    private let promptRows = Recorder(label: "minimax_step_prefill_rows", aggregate: true)
    private let decodeTokens = Counter(label: "minimax_decode_tokens_total")
    private let prefillTokens = Counter(label: "minimax_prefill_tokens_total")
    private let decodeRate = Gauge(label: "minimax_decode_tokens_per_second")
    private let prefillRate = Gauge(label: "minimax_prefill_tokens_per_second")

    init(model: String) {
        let model = [("model_name", model)]
        running = Gauge(label: "minimax_num_requests_running", dimensions: model)
        waiting = Gauge(label: "minimax_num_requests_waiting", dimensions: model)
        parked = Gauge(label: "minimax_num_requests_parked", dimensions: model)
        stateUsage = Gauge(label: "minimax_kv_cache_usage_perc", dimensions: model)
        queueTime = Timer(label: "minimax_request_queue_time_seconds", dimensions: model)
        prefillTime = Timer(label: "minimax_request_prefill_time_seconds", dimensions: model)
        decodeTime = Timer(label: "minimax_request_decode_time_seconds", dimensions: model)
        promptTokens = Recorder(label: "minimax_request_prompt_tokens", dimensions: model, aggregate: true)
        answerTokens = Recorder(label: "minimax_request_generation_tokens", dimensions: model, aggregate: true)
    }

    /// - Parameter stateUsage: share of attention's memory that is promised to sequences, from 0 to 1, whatever vLLM's
    ///   name for it says.
    func record(_ counts: Scheduler.Counts, stateUsage: Double) {
        self.stateUsage.record(stateUsage)
        running.record(counts.running)
        waiting.record(counts.waiting)
        parked.record(counts.parked)
    }

    /// States that go to disk or are dropped, to make room for others.
    func makesRoom(_ plan: StepPlan) { setAside.increment(by: plan.parks.count + plan.dropCount) }

    /// Sequences whose state is computed again, since a step failed.
    func recovered(_ count: Int) { recoveries.increment(by: count) }

    /// A sequence that came to its end.
    func record(_ sequence: LiveSequence) {
        let (begun, firstToken, generated) = sequence.progress.withLock {
            ($0.begun, $0.firstToken, $0.generated.count)
        }
        promptTokens.record(sequence.request.prompt.count)
        answerTokens.record(generated)
        guard let begun else { return }
        queueTime.record(duration: sequence.submitted.duration(to: begun))
        guard let firstToken else { return }
        prefillTime.record(duration: begun.duration(to: firstToken))
        decodeTime.record(duration: firstToken.duration(to: .now))
    }

    func record(_ meter: StepMeter, generating: Int, prompt: Int, overlapped: Bool, seconds: Double) {
        steps.increment()
        if overlapped { overlappedSteps.increment() }
        stepTime.recordSeconds(seconds)
        for (part, counter) in parts { counter.increment(by: meter[part] / .seconds(1)) }
        generatingRows.record(generating)
        promptRows.record(prompt)
        decodeTokens.increment(by: generating)
        prefillTokens.increment(by: prompt)
        decodeRate.record(Double(generating) / seconds)
        prefillRate.record(Double(prompt) / seconds)
    }
}
