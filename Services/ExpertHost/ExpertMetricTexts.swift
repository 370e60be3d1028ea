/// What the help lines of the host's metrics say.
enum ExpertMetricTexts {
    static let all: [(name: String, help: String)] = [
        ("minimax_expert_calls_total", "Calls that the host has answered."),
        ("minimax_expert_call_seconds_total", "Time of these calls from arrival to answer."),
        ("minimax_expert_compute_seconds_total", "Time of these calls in computation."),
        ("minimax_expert_units", "Experts of which this host holds all or a part."),
        ("minimax_expert_weight_bytes", "Bytes of the weights that this host holds."),
        ("minimax_expert_plan_version", "Version of the router's plan that was heard of last."),
        ("minimax_expert_rows_total", "Rows that passed through an expert."),
    ]
}
