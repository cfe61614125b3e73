"""The kinds of event that a trajectory may hold, for code that knows no database."""

EVENT_KINDS = (
    "plan",
    "reasoning",
    "tool_call",
    "tool_result",
    "decision",
    "observation",
    "evidence",
    "verification",
    "failure",
    "message",
)
