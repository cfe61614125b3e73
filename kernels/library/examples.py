"""Every labelled prompt against every starter, as examples for the calibrator.

Checking the preconditions of all of them takes most of a minute, so what came out is shipped in
`examples.json`, with the digest of what it was made from. `manage.py library_examples` writes it.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from kernels.encoder import Vector, embed_all, embed_layers, encoder_digest, last_mean
from kernels.fitting import Example
from kernels.library.guards import guarded_kernels, unguarded
from kernels.library.loading import STARTER_CONFIDENCE
from kernels.library.reading import HERE, Labelled, Starter, labelled_prompts, starters
from kernels.matching import Features, Profile, profile
from kernels.routing import Asked, Near, VersionFacts, features_of, is_ready, preconditions
from kernels.slots import bind
from kernels.spec import digest_of

FILE = HERE / "examples.json"
TOP_K = 24
DECIMALS = 4


@dataclass(frozen=True)
class Library:
    """What the examples are made from."""

    starters: tuple[Starter, ...]
    labelled: tuple[Labelled, ...]

    @property
    def prompts(self) -> tuple[Labelled, ...]:
        """The exemplars as well, each labelled with its own kernel."""
        own = (Labelled(e.prompt, s.spec.name) for s in self.starters for e in s.examples)
        return (*own, *self.labelled)

    @property
    def digest(self) -> str:
        """SHA-256 (hex), with the encoder and the names of the features."""
        return digest_of(
            [encoder_digest(), Features.names()]
            + [[s.spec.digest, *(e.prompt for e in s.examples)] for s in self.starters]
            + [[one.prompt, one.kernel] for one in self.labelled]
        )


def shipped_library() -> Library:
    return Library(starters(), labelled_prompts())


def library_examples() -> tuple[Example, ...]:
    """Those that are shipped; made anew where the library or the encoder is another one."""
    library = shipped_library()
    content = json.loads(FILE.read_text())
    if content["digest"] != library.digest:
        return tuple(make_examples(library))
    prompts = library.prompts
    return tuple(
        Example(Features(*vector), fits, prompts[number].prompt, _digest(kernel), guarded)
        for number, kernel, fits, guarded, vector in content["examples"]
    )


def write_examples(examples: Sequence[Example], library: Library) -> None:
    """Writes the file that `library_examples` reads."""
    numbers = {one.prompt: number for number, one in enumerate(library.prompts)}
    names = {starter.spec.digest: starter.spec.name for starter in library.starters}
    rows = [
        json.dumps(
            [numbers[one.prompt], names[one.kernel], one.fits, one.guarded, _rounded(one.features)]
        )
        for one in examples
    ]
    digest = json.dumps(library.digest)
    body = ",\n".join(rows)
    FILE.write_text(f'{{"digest": {digest}, "examples": [\n{body}\n]}}\n')


def _rounded(features: Features) -> list[float]:
    return [round(value, DECIMALS) for value in features.vector()]


def make_examples(
    library: Library,
    among: Sequence[Labelled] = (),
    advance: Callable[[], object] = lambda: None,
) -> list[Example]:
    """Every prompt (or those of `among`) against every starter whose preconditions hold for it.

    Those that hold but for the guard are examples of what a kernel without a guard would meet. A
    starter's own prompt is left out of the starter first. `advance` is told of each prompt.
    """
    bare = [unguarded(starter.spec) for starter in library.starters]
    prompts = [one.prompt for one in library.prompts]
    layers = dict(zip(prompts, embed_layers(prompts), strict=True))
    vectors = {prompt: last_mean(deep[None])[0] for prompt, deep in layers.items()}
    examples = []
    for labelled in among or library.prompts:
        prompt = labelled.prompt
        asked = Asked(bind(prompt), layers[prompt])
        near = [_near(starter, prompt, vectors) for starter in library.starters]
        for starter, one, spec in zip(library.starters, near, bare, strict=True):
            checks = preconditions(spec, asked.input)
            if any(check.status != "ok" for check in checks):
                continue  # routing refuses these before it looks at P
            rival = max((other.similarity for other in near if other is not one), default=0.0)
            fits = labelled.kernel == starter.spec.name
            features = features_of(asked, one, checks, rival)
            digest = _digest(starter.spec.name)
            is_guarded = digest in guarded_kernels()
            guarded = is_guarded and is_ready(starter.spec, asked.input)
            examples.append(Example(features, fits, prompt, digest, guarded))
        advance()
    return examples


@cache
def _digest(name: str) -> str:
    return next(starter.spec.digest for starter in starters() if starter.spec.name == name)


def _near(starter: Starter, prompt: str, vectors: dict[str, Vector]) -> Near:
    others = [e.prompt for e in starter.examples if e.prompt != prompt]
    similarities = sorted((float(vectors[o] @ vectors[prompt]) for o in others), reverse=True)
    facts = VersionFacts(
        starter.spec.name,
        _NO_ID,
        0,
        _digest(starter.spec.name),
        starter.spec,
        _profile(tuple(others)),
        _description(starter.spec.description),
    )
    return Near(facts, tuple((0, s) for s in similarities[:TOP_K]), STARTER_CONFIDENCE, 0, 0)


_NO_ID: Any = None  # a starter under leave-one-out has no row


@lru_cache(maxsize=4096)
def _profile(prompts: tuple[str, ...]) -> Profile:
    """A starter meets most prompts with all of its own: one profile serves them."""
    return profile(prompts)


@lru_cache(maxsize=4096)
def _description(text: str) -> Vector:
    return embed_all([text])[0]
