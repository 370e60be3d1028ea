/// What the help lines of the service's metrics say.
enum AttentionMetricTexts {
    static let all: [(name: String, help: String)] = [
        ("minimax_attention_calls_total", "Calls that the service has answered."),
        ("minimax_attention_call_seconds_total", "Time of these calls from arrival to answer."),
        ("minimax_attention_compute_seconds_total", "Time of these calls in computation."),
        ("minimax_attention_sessions", "Sessions whose state is in memory."),
        ("minimax_attention_sessions_parked", "Sessions whose state is on disk."),
        ("minimax_attention_state_budget_bytes", "Memory that the states of all sessions may have."),
        ("minimax_attention_state_reserved_bytes", "Memory that is promised to the states of sessions."),
        ("minimax_attention_state_parked_bytes", "Bytes of parked states on disk."),
        ("minimax_attention_rows_total", "Rows that passed through an attention layer."),
    ]
}
