"""Answers the questions of a file in every way, on a model server."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from kwsite.bench.model_server import ModelServer, embedded_model
from kwsite.bench.search.arms import Outcome, Setting, answer_all_ways
from kwsite.bench.search.questions import Question
from workers.backends.openai_compatible import OpenAICompatible
from workers.experts.registry import EXPERTS

TIMEOUT_S, CONNECT_TIMEOUT_S = 600.0, 5.0


def model_server(
    gguf: Path | None, base_url: str, api_key: str, model: str
) -> AbstractContextManager[ModelServer]:
    """The server that was named, else one of our own for as long as the block lasts."""
    if base_url:
        return nullcontext(ModelServer(base_url, api_key, model))
    return embedded_model(gguf)


def setting_of(
    server: ModelServer, *, tokens: int, answer_tokens: int, parallel: int, simulations: int
) -> Setting:
    """What all arms share, on this server."""
    backend = OpenAICompatible(
        base_url=server.base_url,
        api_key=server.api_key,
        model=server.model,
        timeout_s=TIMEOUT_S,
        connect_timeout_s=CONNECT_TIMEOUT_S,
    )
    return Setting(EXPERTS["math"], backend, tokens, answer_tokens, parallel, simulations)


def measure_search(
    questions: Sequence[Question],
    setting: Setting,
    *,
    arms: Sequence[str],
    advance: Callable[[], None],
    keep: Callable[[list[Outcome]], None] = lambda _: None,
) -> list[Outcome]:
    """All outcomes, question by question; `keep` is given those so far after each.

    Raises BackendError.
    """
    found: list[Outcome] = []
    for number, question in enumerate(questions):
        found += answer_all_ways(number, question, setting, arms, advance)
        keep(found)
    return found
