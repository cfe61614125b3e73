"""A tokenizer's chat template, rendered as transformers renders it, without its tokenizer.

Loading a tokenizer takes 600 MB and seconds; the template and the special tokens are all that is
needed. What transformers adds to Jinja beyond what is here (`{% generation %}`) is not known: such
a template is unusable.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NoReturn

from gguf import GGUFReader
from jinja2 import Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from training.export.errors import UnusableTemplate
from training.export.lesson import Message
from trajectories.errors import KernelWeaveError

CHATML = ("<|im_start|>", "<|im_end|>", "<|endoftext|>")  # special whatever the tokenizer says
CONTROL = 3  # the type of special tokens in GGUF
NAMED = ("bos_token", "eos_token", "unk_token", "pad_token")


class TemplateRefuses(KernelWeaveError):
    """The chat template does not take these messages."""


@dataclass(frozen=True)
class ChatTemplate:
    """The template, the tokens that no text may contain, and those that templates call by name."""

    source: str
    special_tokens: frozenset[str]
    named: tuple[tuple[str, str], ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 (hex)."""
        said = [self.source, sorted(self.special_tokens), self.named]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()

    def render(self, messages: Sequence[Message]) -> str:
        """Raises TemplateRefuses."""
        listed = [{"role": one.role, "content": one.content} for one in messages]
        try:
            return self._compiled.render(
                messages=listed, add_generation_prompt=False, tools=None, **dict(self.named)
            )
        except (TemplateError, TypeError) as error:
            raise TemplateRefuses(str(error)) from error

    @cached_property
    def _compiled(self) -> Template:
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
        )
        environment.globals["raise_exception"] = _refuse
        environment.filters["tojson"] = _as_json
        return environment.from_string(self.source)


def read_template(path: Path) -> ChatTemplate:
    """From a GGUF file, or a folder with a tokenizer of transformers. Raises UnusableTemplate."""
    try:
        found = _of_folder(path) if path.is_dir() else _of_gguf(path, path.stat().st_mtime_ns)
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise UnusableTemplate(f"{path} holds no tokenizer that can be read: {error}") from error
    try:
        found.render([Message("user", "a"), Message("assistant", "b")])
    except TemplateRefuses as error:
        raise UnusableTemplate(f"The chat template of {path} fails: {error.detail}") from error
    return found


@lru_cache(maxsize=4)
def _of_gguf(path: Path, changed: int) -> ChatTemplate:
    """Reading its many tokens takes seconds, so a file is read again only once it has changed."""
    fields = GGUFReader(path).fields
    tokens = fields["tokenizer.ggml.tokens"].contents()
    types = fields["tokenizer.ggml.token_type"].contents()
    special = {str(token) for token, kind in zip(tokens, types, strict=True) if kind == CONTROL}
    by_id = {
        f"{name}_token": fields.get(f"tokenizer.ggml.{key}_token_id")
        for name, key in (("bos", "bos"), ("eos", "eos"), ("unk", "unknown"), ("pad", "padding"))
    }
    named = tuple((n, str(tokens[int(f.contents())])) for n, f in by_id.items() if f is not None)
    return ChatTemplate(
        str(fields["tokenizer.chat_template"].contents()), frozenset({*special, *CHATML}), named
    )


def _of_folder(path: Path) -> ChatTemplate:
    config = json.loads((path / "tokenizer_config.json").read_text(encoding="utf-8"))
    beside = path / "chat_template.jinja"
    if beside.exists():
        source = beside.read_text(encoding="utf-8")
    else:
        source = _default(config["chat_template"])
    added = config.get("added_tokens_decoder", {}).values()
    special = {one["content"] for one in added if one.get("special")}
    special |= {_text(one) for one in config.get("additional_special_tokens", [])}
    named = tuple((name, _text(config[name])) for name in NAMED if config.get(name))
    special |= {token for _, token in named}
    return ChatTemplate(source, frozenset({*special, *CHATML}), named)


def _default(said: Any) -> str:
    """The template, or the one called "default" of several."""
    if isinstance(said, str):
        return said
    return str({one["name"]: one["template"] for one in said}["default"])


def _text(token: Any) -> str:
    return str(token["content"] if isinstance(token, dict) else token)


def _refuse(message: str) -> NoReturn:
    raise TemplateError(message)


def _as_json(value: Any, indent: int | None = None) -> str:
    """Without Jinja's escapes for HTML."""
    return json.dumps(value, ensure_ascii=False, indent=indent)
