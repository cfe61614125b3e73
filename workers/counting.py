"""Counts what became of runs, for Prometheus."""

from django.utils import timezone

from trajectories.measures import (
    ADAPTER_ANSWERS,
    ANSWER_SECONDS,
    ANSWERS,
    FAILED_RUNS,
    NAMES,
    TOKENS,
)
from trajectories.models import Run
from workers.answer import Answer


def count_answer(run: Run, answer: Answer) -> None:
    ANSWERS.labels(route=answer.route, verified=NAMES[answer.verified]).inc()
    if answer.adapter:
        ADAPTER_ANSWERS.labels(adapter=answer.adapter, verified=NAMES[answer.verified]).inc()
    waited = (timezone.now() - run.created_at).total_seconds()
    ANSWER_SECONDS.labels(route=answer.route).observe(waited)
    TOKENS.labels(route=answer.route, kind="prompt").inc(answer.prompt_tokens)
    TOKENS.labels(route=answer.route, kind="completion").inc(answer.completion_tokens)


def count_failure(code: str) -> None:
    FAILED_RUNS.labels(code=code).inc()
