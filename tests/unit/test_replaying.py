"""A stored answer given again: what the validator decides, and how it is streamed."""

from typing import Any
from uuid import uuid4

import pytest

from workers.answer import Answer, generate
from workers.backends.completion import BackendUnavailable, Delta
from workers.backends.scripted import ScriptedBackend
from workers.pieces import pieces
from workers.request import AskedContract, ChatRequest
from workers.stored.replaying import Stored, answer_again
from workers.trace import Trace

YES, NO = '{"answers_it": "yes"}', '{"answers_it": "no"}'
TEXT = "Yoga makes the back strong and the mind calm.\n\n" * 5


class Given:
    """One stored answer, given again or not."""

    def __init__(self, *replies: Any, cosine: float | None = 0.93, **fields: Any) -> None:
        self.said: list[Delta] = []
        self.trace = Trace()
        self.backend = ScriptedBackend(replies)
        messages = ({"role": "user", "content": "What are the advantages of yoga?"},)
        request = ChatRequest(model="m", messages=messages, max_tokens=90, **fields)
        asked = "What are the benefits of yoga?"
        self.answer: Answer = answer_again(
            request,
            "nearly the same",
            Stored(uuid4(), asked, TEXT, "scripted", True, cosine),
            self.backend,
            self.said.append,
            self.trace,
            lambda why: generate(request, why, self.backend, self.said.append, self.trace),
        )

    @property
    def validator(self) -> dict[str, Any]:
        (event,) = (e for e in self.trace.events if e.payload.get("kind") == "validator")
        found: dict[str, Any] = event.payload
        return found


def test_the_validators_yes_gives_the_stored_answer_and_its_tokens_count() -> None:
    given = Given(YES)
    assert (given.answer.route, given.answer.text, given.answer.cosine) == ("reuse", TEXT, 0.93)
    assert given.answer.completion_tokens == len(YES.split())
    assert given.answer.prompt_tokens > 20
    assert "says yes" in given.answer.reason
    asked = given.backend.requests[0]
    assert asked.schema is not None
    for words in ("What are the benefits of yoga?", "What are the advantages of yoga?", TEXT):
        assert words in asked.messages[-1]["content"]


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (NO, "failed"),
        ("nonsense", "could_not_run"),
        ('{"answers_it": "perhaps"}', "could_not_run"),
        ("[]", "could_not_run"),
        (BackendUnavailable("down"), "could_not_run"),
    ],
)
def test_without_the_validators_yes_the_request_is_answered_anew(reply: Any, status: str) -> None:
    given = Given(reply, "a new answer")
    assert (given.answer.route, given.answer.text) == ("generation", "a new answer")
    assert given.validator["status"] == status
    assert given.answer.reused is None
    spent = 0 if isinstance(reply, Exception) else len(reply.split())
    assert given.answer.completion_tokens == 3 + spent


def test_the_same_question_asks_no_validator() -> None:
    given = Given(cosine=None)
    assert (given.answer.route, given.backend.requests) == ("reuse", [])
    assert given.answer.completion_tokens == 0


def test_what_fails_the_apps_conditions_is_not_given_again() -> None:
    contract = AskedContract.model_validate(
        {"conditions": [{"kind": "regex", "pattern": "(?s).*tennis.*"}]}
    )
    given = Given(YES, "tennis", contract=contract)
    assert (given.answer.route, given.answer.text) == ("generation", "tennis")


def test_it_is_streamed_in_pieces() -> None:
    given = Given(YES, stream=True)
    assert len(given.said) > 3
    assert "".join(delta.text for delta in given.said) == TEXT


@pytest.mark.parametrize("text", ["", " ", "one", " a b\n\nc  ", "x " * 30, "y" * 5000, "\n a"])
def test_pieces_make_the_text(text: str) -> None:
    assert "".join(pieces(text)) == text
