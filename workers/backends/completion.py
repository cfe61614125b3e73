"""What goes to a model server and what comes back, whichever server it is."""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, Protocol

from kernels.verify import NotJson, require_text
from trajectories.errors import KernelWeaveError

MAX_MODEL_CHARS = 200


@dataclass(frozen=True)
class ModelRequest:
    """One call of a model. `schema` is enforced while decoding, not checked afterwards.

    `options` are OpenAI-named sampling and tool parameters. `prefix` is the beginning of the
    answer, which the model writes on; completions hold only what is new.
    """

    messages: tuple[dict[str, Any], ...]
    max_tokens: int
    schema: dict[str, Any] | None = None
    json_object: bool = False
    options: dict[str, Any] = field(default_factory=dict)
    prefix: str = ""


@dataclass(frozen=True)
class Completion:
    """A whole answer. `finish_reason` is OpenAI's: stop, length, tool_calls or content_filter.

    It is `length`, too, when the text is whole but at a bound that only the tokens set.
    """

    text: str
    model: str
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    tool_calls: tuple[dict[str, Any], ...] = ()
    rounds: int = 1  # how often it was decoded until it held to the schema; the tokens are of all

    def __post_init__(self) -> None:
        try:
            require_text([self.text, self.model, *self.tool_calls])
        except NotJson as error:
            raise BackendGarbage(
                "The model server answered NUL or half a surrogate: no text."
            ) from error
        if len(self.model) > MAX_MODEL_CHARS:
            raise BackendGarbage(f"The model server's name is over {MAX_MODEL_CHARS} characters.")


@dataclass(frozen=True)
class Delta:
    """A piece of a streamed answer; the last one carries the whole `completion`."""

    text: str = ""
    tool_calls: tuple[dict[str, Any], ...] = ()  # OpenAI's delta form, with "index"
    completion: Completion | None = None
    tried: dict[str, Any] | None = None  # no piece of the answer: what a search came to on its way


class WholeAnswers(Protocol):
    """What gives whole answers."""

    def complete(self, request: ModelRequest) -> Completion: ...


class Backend(WholeAnswers, Protocol):
    """A model server. Its calls raise the errors below and no others."""

    def stream(self, request: ModelRequest) -> Generator[Delta, None, None]: ...


class BackendError(KernelWeaveError):
    """The model server failed."""


class BackendUnavailable(BackendError):
    """The model server cannot be reached."""


class BackendTimeout(BackendError):
    """The model server did not answer in time."""


class BackendGarbage(BackendError):
    """The model server answered something that is not a completion."""


class BackendRejected(BackendError):
    """The model server refused the request as invalid."""
