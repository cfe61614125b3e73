"""As many rounds of decoding as an output takes: cut ones and broken ones are written again."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from kernels.decoding.bounds import Bounded, bounded
from kernels.decoding.known import ALL, NO_BOUNDS, Known
from kernels.decoding.prefix import whole_part
from kernels.decoding.second_round import only_value, second_round

MOST_ROUNDS = 3


class Draft(Protocol):
    """What a model wrote. `finish_reason` is `length` when the tokens were spent."""

    @property
    def text(self) -> str: ...

    @property
    def finish_reason(self) -> str: ...


D = TypeVar("D", bound=Draft)


@dataclass(frozen=True)
class Held(Generic[D]):
    """An output and all drafts on the way to it.

    `finish_reason` is `length`, too, when the output stands at a bound that the schema has not.
    """

    text: str
    finish_reason: str
    drafts: tuple[D, ...]
    reached: tuple[str, ...] = ()  # where it stands at a derived bound


def hold(
    schema: dict[str, Any],
    max_tokens: int,
    write: Callable[[dict[str, Any]], D],
    *,
    known: Known = ALL,
) -> Held[D]:
    """Has an output written under the schema's grammar, again where that was not enough.

    Only bounds that are `known` to the grammars are derived; without any, what was cut stays cut.
    Raises what `write` raises.
    """

    def plan_of(wanted: dict[str, Any], attempt: int = 0, seen: Any = None) -> Bounded:
        if known is not NO_BOUNDS:
            return bounded(wanted, max_tokens, attempt=attempt, seen=seen, known=known)
        return Bounded(wanted, wanted, wanted, wanted)

    first = plan_of(schema)
    plan, drafts, cuts = first, list[D](), 0
    while True:
        draft = write(plan.grammar)
        drafts.append(draft)
        cut = draft.finish_reason == "length"
        try:
            output = whole_part(draft.text) if cut else json.loads(draft.text)
        except ValueError:
            return Held(draft.text, draft.finish_reason, tuple(drafts))  # no grammar held it
        again = second_round(schema, output)
        if again is not None and (only := only_value(again)):
            return _settled(only[0], first, tuple(drafts))
        if len(drafts) == MOST_ROUNDS or (again is None and not (cut and known is not NO_BOUNDS)):
            reached = () if cut else plan.reached(output)
            reason = "length" if reached else draft.finish_reason
            return Held(draft.text, reason, tuple(drafts), reached)
        cuts += cut
        last, plan = plan, plan_of(again or schema, cuts, output)
        if plan.grammar == last.grammar:  # nothing to hold it tighter by
            return Held(draft.text, draft.finish_reason, tuple(drafts))


def _settled(output: Any, plan: Bounded, drafts: tuple[D, ...]) -> Held[D]:
    """A grammar with one sentence needs no model."""
    reached = plan.reached(output)
    text = json.dumps(output, ensure_ascii=False)
    return Held(text, "length" if reached else "stop", drafts, reached)
