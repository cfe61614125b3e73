"""What the settings from the environment may be. `kwsite.env` holds them to it."""

from dataclasses import dataclass

MOST = 10**9  # seconds are then some 30 years


@dataclass(frozen=True)
class Range:
    """Both ends are allowed; NaN is in no range."""

    least: float = 0
    most: float = MOST

    def __contains__(self, number: float) -> bool:
        return self.least <= number <= self.most

    def __str__(self) -> str:
        return f"from {self.least:.12g} to {self.most:.12g}"


SHARE = Range(0, 1)
TIME_LIMIT = Range(0.1)
COUNT = Range(1)

NUMBERS = {
    "KW_LLM_TIMEOUT_S": TIME_LIMIT,
    "KW_LLM_CONNECT_TIMEOUT_S": TIME_LIMIT,
    "KW_SCRIPTED_DELAY_S": Range(),
    "KW_REQUEST_TIMEOUT_S": TIME_LIMIT,
    "KW_SIGN_IN_CACHE_S": Range(),
    "KW_LEASE_S": Range(1),
    "KW_RUN_LIMIT_S": TIME_LIMIT,
    "KW_STUCK_S": TIME_LIMIT,
    "KW_WRONG_REUSE_CEILING": SHARE,
    "KW_REUSE_MAX_AGE_S": Range(),
    "KW_KERNEL_MIN_PASS_RATE": SHARE,
    "KW_MIN_MUTATION_SCORE": SHARE,
    "KW_PROMOTE_MIN_SIMILARITY": SHARE,
    "KW_PROMOTE_MIN_REWARD": Range(-1, 1),
    "KW_PROMOTE_MIN_CONFIDENCE": SHARE,
    "KW_SEARCH_GATE": SHARE,
    "KW_SEARCH_SURE": SHARE,
    "KW_ROUTER_EPSILON": SHARE,
    "KW_SEARCH_TIMEOUT_S": TIME_LIMIT,
    "KW_SEARCH_MIN_GAIN": Range(0, 10),
    "KW_SEARCH_EXPLORE": SHARE,
    "KW_SEARCH_MEMORY_DAYS": Range(0, 36_500),
    "KW_TAP_MAX_AGE_DAYS": Range(1, 365),
    "KW_EVENT_RETENTION_DAYS": Range(1, 36_500),
    "KW_TAP_IDLE_S": Range(60),
    "KW_SCORE_DELAY_S": Range(),
    "KW_PROMOTE_DELAY_S": Range(),
    "KW_SNAPSHOT_POLL_S": Range(),
    "KW_PRM_DISAGREEMENT": SHARE,
    "KW_EMBEDDING_CACHE_S": Range(),
    "KW_PRICE_IN": Range(0, 1e6),
    "KW_PRICE_OUT": Range(0, 1e6),
    "KW_SKILL_MIN_COSINE": Range(-1, 1),
    "KW_SHADOW_MIN_HIT_RATE": SHARE,
    "KW_SHADOW_MIN_AGREEMENT": SHARE,
    "KW_SHADOW_MIN_LIFT": Range(0, 10),
    "KW_SHADOW_DAYS": Range(0.01, 36_500),
    "KW_ADAPTER_CONTROL_SHARE": Range(0, 0.5),
    "KW_ADAPTER_SHADOW_SHARE": SHARE,
    "KW_ADAPTER_ALPHA": Range(1e-6, 0.5),
    "KW_ADAPTER_TRIAL_DAYS": Range(0.01, 36_500),
    "KW_TRAIN_LEASE_S": Range(1),
    "KW_TRAIN_SILENCE_S": TIME_LIMIT,
}
WHOLE_NUMBERS = {
    "KW_ADAPTER_MIN_ANSWERS": COUNT,
    "KW_PORT": Range(1, 65_535),
    "KW_WEB_WORKERS": Range(1, 256),
    "KW_LLM_THREADS": Range(1, 1024),
    "KW_LLM_BATCH_THREADS": Range(1, 1024),
    "KW_DB_POOL_MAX": Range(0, 1000),
    "KW_MAX_PROMPT_CHARS": COUNT,
    "KW_MAX_MESSAGES": COUNT,
    "KW_MAX_COMPLETION_TOKENS": COUNT,
    "KW_DEFAULT_MAX_TOKENS": COUNT,
    "KW_MAX_BODY_BYTES": COUNT,
    "KW_MAX_SCHEMA_CHARS": COUNT,
    "KW_MAX_SCHEMA_CHOICES": COUNT,
    "KW_MAX_SCHEMA_PROPERTIES": COUNT,
    "KW_MAX_SCHEMA_DEPTH": COUNT,
    "KW_MAX_ATTEMPTS": COUNT,
    "KW_ROUTE_TOP_K": COUNT,
    "KW_REFIT_MIN_VERDICTS": COUNT,
    "KW_KERNEL_RETRIES": Range(0, 100),
    "KW_SEARCH_TOKENS": Range(16, 100_000),
    "KW_SEARCH_PARALLEL": Range(1, 256),
    "KW_SEARCH_MAX_REFLECTIONS": Range(0, 10),
    "KW_SEARCH_MIN_JUDGED": COUNT,
    "KW_PROMOTE_MIN_SUCCESSES": COUNT,
    "KW_LEARN_EVERY": COUNT,
    "KW_POLICY_MIN_OUTCOMES": COUNT,
    "KW_PRM_MIN_STEPS": COUNT,
    "KW_LEARN_MIN_HELD_OUT": Range(2),
    "KW_LABEL_QUEUE": Range(0, 1000),
    "KW_EMBEDDING_CACHE_SIZE": Range(0, 100_000),
    "KW_SHADOW_MIN_RECORDS": COUNT,
    "KW_SHADOW_MIN_JUDGED": COUNT,
    "KW_TRAIN_MAX_ATTEMPTS": COUNT,
    "KW_TRAIN_PROCESSES": Range(1, 64),
    "KW_KEEP_TRAINED_DAYS": Range(0, 36_500),
}
CHOICES = {
    "KW_LLM_PROVIDER": ("openai", "llguidance", "vllm", "anthropic", "scripted"),
    "KW_TRAINER": ("device", "scripted"),
    "KW_SEARCH": ("bare", "asked", "off"),
    "KW_LOG_LEVEL": ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
}
FLAGS = (
    "KW_DEBUG",
    "KW_NETS_GO_LIVE",
    "KW_PROMOTE_ASK_CONDITIONS",
    "KW_GIVE_WAY",
    "KW_REUSE_ANSWERS",
    "KW_TRAIN_RECOMPUTE",
)
ON, OFF = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
