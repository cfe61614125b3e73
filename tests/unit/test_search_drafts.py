"""Drafts of a model server: an answer that was not stated is asked for."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

from workers.backends.completion import Completion, Delta, ModelRequest
from workers.experts.expert import Task
from workers.experts.registry import EXPERTS
from workers.search.budget import Budget
from workers.search.problem import Draft
from workers.search.proposer import CLOSING_TOKENS, ModelProposer

TASK = Task("A cup is $6 and a cake $10. With a quarter off, what do both cost?")
UNSTATED = "6 + 10 = 16\n\nA quarter off 16 is 12, so the set costs $12."


@dataclass
class Writes:
    """Streams the next of its texts, one word a piece, and says of each that the model ended."""

    texts: Sequence[str]
    finish_reason: str = "stop"
    asked: list[ModelRequest] = field(default_factory=list)

    def complete(self, request: ModelRequest) -> Completion:
        raise AssertionError("drafts are streamed")

    def stream(self, request: ModelRequest) -> Generator[Delta, None, None]:
        text = self.texts[len(self.asked)]
        self.asked.append(request)
        for word in text.split(" "):
            yield Delta(text=f"{word} ")
        tokens = len(text.split())
        yield Delta(completion=Completion(text, "fake", self.finish_reason, 7, tokens))


def drafted(model: Writes, worker: str = "math", max_tokens: int = 200) -> Draft:
    propose = ModelProposer(TASK, EXPERTS[worker], model, Budget(1000), {})
    return propose((), max_tokens=max_tokens, temperature=0.0, hint="")


def test_a_stated_answer_is_taken_as_it_is() -> None:
    model = Writes([f"{UNSTATED}\n\nAnswer: 12"])
    assert drafted(model).steps[-1] == "Answer: 12"
    assert len(model.asked) == 1


def test_an_answer_that_was_not_stated_is_asked_for() -> None:
    model = Writes([UNSTATED, " $12\nas computed"])
    draft = drafted(model)
    assert draft.steps == (*UNSTATED.split("\n\n"), "Answer: $12")
    first, closing = model.asked
    assert (first.prefix, closing.prefix) == ("", f"{UNSTATED}\n\nAnswer:")
    assert first.max_tokens + closing.max_tokens == 200
    assert closing.max_tokens == CLOSING_TOKENS


def test_a_bare_number_is_stated_too() -> None:
    assert drafted(Writes(["12", "12"])).steps == ("12", "Answer: 12")


def test_a_model_that_was_cut_off_is_not_made_to_guess() -> None:
    model = Writes([UNSTATED], finish_reason="length")
    assert drafted(model).steps == tuple(UNSTATED.split("\n\n"))


def test_a_model_that_says_nothing_leaves_its_draft() -> None:
    assert drafted(Writes([UNSTATED, "\n"])).steps == tuple(UNSTATED.split("\n\n"))


def test_workers_without_such_a_line_are_not_asked_for_it() -> None:
    model = Writes(["Roses are red."])
    assert drafted(model, "creative").steps == ("Roses are red.",)
    assert len(model.asked) == 1


def test_too_few_tokens_are_left_whole() -> None:
    model = Writes([UNSTATED])
    drafted(model, max_tokens=2 * CLOSING_TOKENS)
    assert [request.max_tokens for request in model.asked] == [2 * CLOSING_TOKENS]
