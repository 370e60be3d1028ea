/// What the help lines of the router's metrics say.
enum RouterMetricTexts {
    static let all: [(name: String, help: String)] = [
        ("minimax_num_requests_running", "Sequences that take part in steps now."),
        ("minimax_num_requests_waiting", "Sequences that wait for a place or for memory."),
        ("minimax_num_requests_parked", "Sequences that made room for others, and go on later."),
        ("minimax_kv_cache_usage_perc", "Share of attention's memory that is promised to sequences, from 0 to 1."),
        ("minimax_request_queue_time_seconds", "Time from a request's arrival to its first step."),
        ("minimax_request_prefill_time_seconds", "Time from a request's first step to its first token."),
        ("minimax_request_decode_time_seconds", "Time from a request's first token to its last."),
        ("minimax_request_prompt_tokens", "Tokens of a request's prompt."),
        ("minimax_request_generation_tokens", "Tokens of a request's answer."),
        ("minimax_request_success_total", "Answers that came to their end, by the reason why they ended."),
        ("minimax_http_requests_total", "HTTP requests, by method, path and status."),
        (
            UnknownParameters.label,
            "Parameters of requests that are not known here and changed nothing, by name; other: all odd names."
        ),
        ("minimax_prompt_tokens_total", "Tokens of all prompts that were taken."),
        ("minimax_generation_tokens_total", "Tokens of all answers."),
        ("minimax_time_to_first_token_seconds", "Time from a request to the first token of its answer."),
        ("minimax_inter_token_latency_seconds", "Time between two tokens of an answer."),
        ("minimax_e2e_request_latency_seconds", "Time from a request to the end of its answer."),
        ("minimax_steps_total", "Steps: each carries all running sequences through the model once."),
        (
            "minimax_steps_overlapped_total",
            "Steps whose rows went in two groups, one in attention while the other was with the experts."
        ),
        ("minimax_step_seconds", "Time of a step."),
        ("minimax_step_part_seconds_total", "Where the time of steps goes, by part."),
        ("minimax_step_decode_rows", "Rows of a step that continue an answer: one for each sequence."),
        ("minimax_step_prefill_rows", "Rows of a step that read a prompt."),
        ("minimax_decode_tokens_total", "Tokens that steps have generated."),
        ("minimax_prefill_tokens_total", "Prompt tokens that steps have read, those read again included."),
        ("minimax_decode_tokens_per_second", "Tokens per second that the last step generated."),
        ("minimax_prefill_tokens_per_second", "Prompt tokens per second that the last step read."),
        ("minimax_head_rows_total", "Rows whose logits the head was asked about, those asked about again included."),
        (
            "minimax_head_bytes_total",
            "Bytes of questions to the head and of its answers, the rows themselves not counted."
        ),
        ("minimax_sequences_set_aside_total", "Sequences whose state was parked or dropped to make room for others."),
        ("minimax_prefix_hits_total", "Sequences that began from a kept state: full, or partial where more was known."),
        ("minimax_prefix_misses_total", "Sequences that could reuse nothing, or less than was known, by reason."),
        ("minimax_prefix_tokens_reused_total", "Prompt tokens that were not computed, since a kept state had them."),
        ("minimax_prefix_seconds_saved_total", "Time that computing the reused tokens would have taken."),
        ("minimax_prefix_tokens_remembered", "Token ids in the router's book of prefixes."),
        ("minimax_states_available", "Kept states that prompts can begin from now, as far as the router knows."),
        ("minimax_states_kept_total", "States that were kept for later prompts."),
        ("minimax_states_not_kept_total", "States that could not be kept."),
        ("minimax_states_gone_total", "Kept states that were no longer there when a prompt was to begin from them."),
        ("minimax_sequence_recoveries_total", "Sequences whose state was computed again after a step had failed."),
        (
            "minimax_attention_services_connected",
            "Attention services that have announced themselves and are connected."
        ),
        (
            "minimax_attention_services_lost_total",
            "Attention services that went: lost ones, and those that left in order."
        ),
        (
            "minimax_attention_member_standing",
            "1 for how an attention service stands: connecting, ready, late or draining; by member."
        ),
        ("minimax_attention_member_part_index", "Which part of attention a service computes, from 0, by member."),
        ("minimax_attention_member_part_count", "Of how many parts; 1: it computes all of attention; by member."),
        ("minimax_attention_member_replica", "Which replica an attention service belongs to, from 0, by member."),
        ("minimax_attention_member_sequences", "Sequences that live on an attention service, by member."),
        (
            "minimax_attention_member_kept_bytes",
            "Memory of an attention service's kept states that no sequence uses, by member."
        ),
        ("minimax_attention_member_memory_bytes", "Memory that an attention service has for states, by member."),
        ("minimax_attention_call_seconds", "Time of one layer's call to an attention service, by member."),
        ("minimax_expert_hosts_connected", "Expert hosts that are connected."),
        ("minimax_expert_hosts_lost_total", "Expert hosts that went: lost ones, and those that left in order."),
        ("minimax_plan_version", "Version of the plan that says which host holds which experts."),
        ("minimax_plan_held_ratio", "Share of all experts that answering hosts hold now, 0 to 1."),
        ("minimax_plan_units_in_motion", "Experts that hosts have still to load for the plan."),
        ("minimax_moe_tokens_per_expert_total", "How often each expert was used, by layer and expert."),
        ("minimax_moe_tokens_dropped_total", "Uses of experts that were left out because of --capacity-factor."),
        ("minimax_moe_load_imbalance_ratio", "Uses of a layer's most used expert, divided by the layer's mean."),
        ("minimax_expert_call_seconds", "Time of a call to an expert host, by host."),
        ("minimax_expert_calls_retried_total", "Calls that got no good answer and were made again."),
        (
            "minimax_expert_calls_hedged_total",
            "Calls that were also made at a second host, because the first was slow."
        ),
        (
            "minimax_expert_round_trip_seconds_total",
            "Time from calls to their answers, of all calls to expert hosts together."
        ),
    ]
}
