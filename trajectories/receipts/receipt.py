"""What a receipt says: which answer it is about, and what made it."""

import hashlib
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KernelUsed(_Value):
    """The kernel version that answered."""

    name: str
    number: int
    version_id: str
    digest: str = Field(description="SHA-256 of the version's spec.")
    slots: dict[str, Any] = Field(
        description="What it read in the prompt, by name; a long value as its SHA-256."
    )


class Reused(_Value):
    """The answer that was given again."""

    trajectory: str
    decided_by: str
    cosine: str | None = Field(description="Of the two prompts, where they are only nearly equal.")


class SearchUsed(_Value):
    """The search that found the answer. Digests are of snapshots, null where none had a part."""

    worker: str
    strategy: str
    router: str | None
    reward_model: str | None


class CheckDone(_Value):
    """A check of the answer, without its reason."""

    kind: str
    label: str
    status: str


class Receipt(_Value):
    """One answer and its making. Digests are SHA-256 in hex, of exact texts in UTF-8.

    `prompt_sha256` is of the last user message, `request_sha256` of the accepted request as its run
    keeps it, in JSON with sorted names.
    """

    format: Literal[1] = 1
    run: str
    trajectory: str
    client: int = Field(description="Number of the app that asked.")
    created_at: str
    route: str
    request_sha256: str
    system_sha256: str | None
    prompt_sha256: str
    output_sha256: str
    tool_calls_sha256: str | None
    kernel: KernelUsed | None
    reused: Reused | None
    search: SearchUsed | None
    checks: tuple[CheckDone, ...]
    verified: bool | None
    model: str = Field(description="As the model server names it; `none` where none was asked.")
    adapter: str | None = Field(
        default=None, description="The fine-tuned adapter that generated it."
    )
    encoder: str = Field(description="SHA-256 of the encoder's weights.")
    service: str = Field(description="Version of the service.")


def text_sha256(text: str | bytes) -> str:
    """In hex; of a text, in UTF-8."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()
