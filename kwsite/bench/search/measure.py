"""Answers the questions of a file in every way, on a model server."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from workers.experts.registry import EXPERTS

from kwsite.bench.model_server import ModelServer, embedded_model
from kwsite.bench.search.arms import Outcome, Setting, answer_all_ways
from kwsite.bench.search.questions import Question
from workers.backends.openai_compatible import OpenAICompatible

TIMEOUT_S, CONNECT_TIMEOUT_S = 600.0, 5.0


def model_server(
    gguf: Path | None, base_url: str, api_key: str, model: str
) -> AbstractContextManager[ModelServer]:
    """The server that was named, else one of our own for as long as the block lasts."""
    if base_url:
        return nullcontext(ModelServer(base_url, api_key, model))
    return embedded_model(gguf)


def measure_search(
    questions: Sequence[Question],
    server: ModelServer,
    *,
    arms: Sequence[str],
    tokens: int,
    answer_tokens: int,
    parallel: int,
    simulations: int,
    advance: Callable[[], None],
) -> list[Outcome]:
    """All outcomes, question by question. Raises BackendError."""
    backend = OpenAICompatible(
        base_url=server.base_url,
        api_key=server.api_key,
        model=server.model,
        timeout_s=TIMEOUT_S,
        connect_timeout_s=CONNECT_TIMEOUT_S,
    )
    setting = Setting(
        EXPERTS["math"], backend, tokens, answer_tokens, parallel, simulations, scorer=None
    )
    return [
        outcome
        for number, question in enumerate(questions)
        for outcome in answer_all_ways(number, question, setting, arms, advance)
    ]
