/// What the help lines of the service's metrics say.
enum AttentionMetricTexts {
    static let all: [(name: String, help: String)] = [
        ("minimax_attention_calls_total", "Calls that the service has answered."),
        ("minimax_attention_call_seconds_total", "Time of these calls from arrival to answer."),
        ("minimax_attention_compute_seconds_total", "Time of these calls in computation."),
        ("minimax_attention_part_index", "Which part of attention the service computes, from 0."),
        ("minimax_attention_part_count", "Of how many parts; 1: it computes all of attention."),
        ("minimax_attention_sequences", "Sequences that have a live state."),
        ("minimax_attention_states_kept", "Kept states that are in memory."),
        ("minimax_attention_states_on_disk", "Kept states that have a file."),
        ("minimax_attention_state_budget_bytes", "Memory that live and kept states may have together."),
        ("minimax_attention_state_used_bytes", "Memory that live and kept states have."),
        (
            "minimax_attention_state_bound_bytes",
            "Memory of live states and what they were granted: no kept state could make it free."
        ),
        ("minimax_attention_state_disk_budget_bytes", "Disk that the files of kept states may have."),
        ("minimax_attention_state_disk_bytes", "Size of the files of kept states."),
        ("minimax_attention_states_moved_to_disk_total", "Kept states that left memory and have a file."),
        ("minimax_attention_states_evicted_total", "Kept states that went away to make room for others."),
        ("minimax_attention_states_loaded_total", "Kept states that came back from disk."),
        ("minimax_attention_rows_total", "Rows that passed through an attention layer."),
    ]
}
