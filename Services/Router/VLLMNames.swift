internal import Telemetry

/// The metrics that vLLM has, too, once more under its names: dashboards and gateways made for it work unchanged.
/// Source: vLLM, `docs/design/metrics.md`.
enum VLLMNames {
    private static let shared = [
        "num_requests_running", "num_requests_waiting", "kv_cache_usage_perc", "prompt_tokens_total",
        "generation_tokens_total", "request_success_total",
        "time_to_first_token_seconds", "inter_token_latency_seconds", "e2e_request_latency_seconds",
        "request_queue_time_seconds",
        "request_prefill_time_seconds", "request_decode_time_seconds", "request_prompt_tokens",
        "request_generation_tokens",
    ]

    static func register() {
        for name in shared { PrometheusRegistry.shared.alias("minimax_\(name)", as: "vllm:\(name)") }
    }
}
