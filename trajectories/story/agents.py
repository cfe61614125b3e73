"""What was seen of a prompt to an agent, beside its events."""

from django.utils.safestring import SafeString

from trajectories.markup import table
from trajectories.models import AgentTurn


def seen_block(turn: AgentTurn) -> SafeString:
    """Signals that were not heard of are left out."""
    seen = {
        "working directory": turn.cwd,
        "skill": turn.skill,
        "corrected": turn.corrected,
        "corrected by": turn.corrected_by,
        "asked again": turn.redone,
        "build succeeded": turn.build_succeeded,
        "session went on": turn.continued,
        "secrets taken out": turn.redacted or "",
        "cut off": turn.cut or "",
    }
    rows = [[name, _word(said)] for name, said in seen.items() if said not in (None, "")]
    return table(["what", ""], rows)


def _word(said: object) -> str:
    return {True: "yes", False: "no"}.get(said, str(said)) if isinstance(said, bool) else str(said)
