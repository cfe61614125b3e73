"""How an answer to a held-out prompt is judged: by the app's conditions, by what people said."""

import json
from typing import Any

from kernels.verify import NotJson, parse_output
from training.nightly.material import HeldPrompt
from workers.answer import generate
from workers.backends.completion import Backend, BackendGarbage, BackendRejected, Delta
from workers.request import ChatRequest
from workers.trace import Trace

SHORT = 200  # characters of a right answer in words, up to which another must be equal to it


def is_right(
    request: ChatRequest, held: HeldPrompt, backend: Backend, *, judging: Backend
) -> bool | None:
    """Whether the backend's likeliest answer is right; None where nothing can tell.

    `judging` answers the app's questions to a judge, of whomever's answer. Raises BackendError.
    """
    greedy = {**request.options, "temperature": 0.0}
    asked = request.model_copy(update={"stream": False, "options": greedy})
    try:
        done = generate(asked, "a held-out prompt", judging, _silent, Trace(), writer=backend)
    except (BackendGarbage, BackendRejected):  # no answer, however often it is asked
        return False
    if done.verified is False or done.finish_reason == "length":
        return False
    told = said_of(done.text, held)
    return done.verified if told is None and held.conditions else told


def said_of(text: str, held: HeldPrompt) -> bool | None:
    """What people's words on other answers to the prompt say of this one; None: nothing."""
    plain = same_form(text)
    if plain in map(same_form, held.wrong):
        return False
    right = [form for form in map(same_form, held.right) if len(form) <= SHORT or form[0] in "{["]
    return plain in right if right else None


def same_form(text: str) -> str:
    """A text without what makes no difference: order and spacing of JSON, case and spacing else."""
    try:
        found: Any = parse_output(text)
    except NotJson:
        return " ".join(text.casefold().split()).rstrip(".")
    return json.dumps(found, sort_keys=True, ensure_ascii=False)


def _silent(delta: Delta) -> None:
    """Nobody waits for this answer."""
