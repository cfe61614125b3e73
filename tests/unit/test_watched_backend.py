"""Whole answers that are given up half-way."""

from collections.abc import Generator
from dataclasses import dataclass, field

import pytest

from workers.backends.completion import BackendGarbage, Completion, Delta, ModelRequest
from workers.backends.scripted import ScriptedBackend
from workers.backends.watched import Watched
from workers.search.budget import SearchCancelled

ASKED = ModelRequest(({"role": "user", "content": "Is it so?"},), 50)


@dataclass
class Counts:
    """Writes pieces for as long as somebody reads; without an end if it is not to have one."""

    pieces: int
    ends: bool = True
    written: int = 0
    closed: list[bool] = field(default_factory=list)

    def complete(self, request: ModelRequest) -> Completion:
        raise AssertionError("a whole answer cannot be given up")

    def stream(self, request: ModelRequest) -> Generator[Delta, None, None]:
        try:
            for _ in range(self.pieces):
                self.written += 1
                yield Delta(text="x ")
            if self.ends:
                yield Delta(completion=Completion("x", "fake", "stop", 1, self.pieces))
        finally:
            self.closed.append(True)


def test_what_is_waited_for_comes_whole() -> None:
    backend = ScriptedBackend(["it is so"])
    assert Watched(backend, lambda: None).complete(ASKED).text == "it is so"


def test_a_stream_is_closed_as_soon_as_nobody_waits() -> None:
    backend = Counts(1000)

    def waiting() -> None:
        if backend.written == 3:
            raise SearchCancelled()

    with pytest.raises(SearchCancelled):
        Watched(backend, waiting).complete(ASKED)
    assert (backend.written, backend.closed) == (3, [True])


def test_a_stream_without_an_end_is_no_answer() -> None:
    with pytest.raises(BackendGarbage):
        Watched(Counts(2, ends=False), lambda: None).complete(ASKED)
