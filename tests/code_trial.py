"""Code tried against tests or the examples of a prompt, as a search would."""

from workers.experts import bubblewrap
from workers.experts.code_expert import EXPERT
from workers.experts.expert import Task, Verified

DOUBLE = "def double(x):\n    return 2 * x"
LATEST_S = 3 * bubblewrap.WALL_S


def verified(code: str, tests: str = "", prompt: str = "Write it.") -> Verified:
    return EXPERT.verify(Task(prompt, tests=tests), ("Plan.", f"```python\n{code}\n```"), None)
