"""What an app may say about the search for its answer."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

StrategyName = Literal[
    "auto",
    "one_shot",
    "one_chain",
    "self_consistency",
    "best_of_n_verifier",
    "best_of_n_prm",
    "lats",
]
MAX_EVIDENCE, MAX_EVIDENCE_CHARS = 50, 20_000

Passage = Annotated[str, Field(min_length=1, max_length=MAX_EVIDENCE_CHARS)]


class SearchOptions(BaseModel):
    """How the answer is searched for; everything left out is chosen by what has been learned.

    `budget_tokens` bounds what all simulations write together. `evidence` are the texts that an
    answer of the factual worker must rest on, `tests` the Python asserts that code must pass.
    Where no worker is named, these take the question: the code worker if there are tests.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    strategy: StrategyName = "auto"
    worker: str = Field(
        default="auto", max_length=40, description="`auto`, or a worker by its name."
    )
    budget_tokens: int | None = Field(default=None, strict=True, ge=16, le=100_000)
    simulations: int | None = Field(default=None, strict=True, ge=1, le=100)
    depth: int | None = Field(default=None, strict=True, ge=1, le=20)
    gate: float | None = Field(default=None, strict=True, ge=0, le=1)
    max_reflections: int | None = Field(default=None, strict=True, ge=0, le=10)
    evidence: tuple[Passage, ...] = Field(default=(), max_length=MAX_EVIDENCE)
    tests: str = Field(default="", max_length=MAX_EVIDENCE_CHARS)
