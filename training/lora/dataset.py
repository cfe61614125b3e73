"""The conversations of a job: read, and held sound before anything is trained on them.

What is validated on must not be trained on: no equal question, and no near-duplicate by the
similarity at which the export divided (its manifest says which; .8 where there is none).

Not covered: paraphrases in other words beyond those that canonical questions know.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kernels.reuse.question import question
from training.export.conversation import roles_problem
from training.export.lesson import Message, asked_text, messages_json
from training.export.shingles import plain_text, word_pairs
from training.export.writing import FILES, MANIFEST
from training.lora.trainer import BadDataset, EmptyDataset, LeakingDataset

SIMILARITY = 0.8
QUESTION_CHARS = 200  # longer ones have pairs of words enough in common
TINY = 1e-9
Conversation = tuple[Message, ...]


@dataclass(frozen=True)
class Dataset:
    """`train` may hold a conversation several times. `digest` is of both files' lines."""

    train: tuple[Conversation, ...]
    valid: tuple[Conversation, ...]
    digest: str


def read_dataset(folder: Path) -> Dataset:
    """Raises EmptyDataset, BadDataset, LeakingDataset."""
    digest = hashlib.sha256()
    train, valid = (tuple(_read(folder / FILES[side], digest)) for side in (False, True))
    require_apart(train, valid, similarity=_similarity(folder))
    return Dataset(train, valid, digest.hexdigest())


def require_apart(
    train: Sequence[Conversation], valid: Sequence[Conversation], *, similarity: float
) -> None:
    """Raises LeakingDataset, which says of how many and shows one."""
    texts = {asked_text(one): place for place, one in enumerate(train, start=1)}
    plain = {plain_text(text): place for text, place in texts.items()}
    questions = {_question(text): place for text, place in texts.items()}
    near = _Near(list(texts), similarity)
    found = []
    for number, text in enumerate(map(asked_text, valid), start=1):
        place = plain.get(plain_text(text)) or questions.get(_question(text) or "-")
        if place is None and (other := near.one_of(text)) is not None:
            place = texts[other]
        if place is not None:
            found.append((number, place))
    if found:
        number, place = found[0]
        raise LeakingDataset(
            f"{len(found)} of {len(valid)} validation conversations are trained on, too: the "
            f"question of line {number} of valid, or a near-duplicate, is in line {place} of train."
        )


class _Near:
    """Of some texts, one that has enough word pairs in common with another (Jaccard)."""

    def __init__(self, texts: list[str], threshold: float) -> None:
        self._texts, self._threshold = texts, threshold
        self._having: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._sizes = []
        for place, text in enumerate(texts):
            pairs = set(word_pairs(text))
            self._sizes.append(len(pairs))
            for pair in pairs:
                self._having[pair].append(place)

    def one_of(self, text: str) -> str | None:
        pairs = set(word_pairs(text))
        common = Counter(place for pair in pairs for place in self._having.get(pair, ()))
        for place, both in common.most_common():
            if both / (len(pairs) + self._sizes[place] - both) >= self._threshold - TINY:
                return self._texts[place]
        return None


def _question(text: str) -> str:
    return question(text).digest if len(text) <= QUESTION_CHARS else ""


def _similarity(folder: Path) -> float:
    manifest = folder / MANIFEST
    if not manifest.exists():
        return SIMILARITY
    try:
        said = json.loads(manifest.read_text(encoding="utf-8"))
        return float(said.get("options", {}).get("similarity", SIMILARITY))
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise BadDataset(f"The dataset's manifest cannot be read: {error}") from error


def _read(file: Path, digest: "hashlib._Hash") -> Iterator[Conversation]:
    try:
        with file.open("rb") as opened:
            number = 0
            for number, line in enumerate(opened, start=1):
                conversation = _conversation(line, f"Line {number} of {file.name}")
                digest.update(f"{file.name}:{messages_json(conversation)}\n".encode())
                yield conversation
    except OSError as error:
        raise BadDataset(f"{file.name} cannot be read: {error.strerror}.") from error
    if not number:
        raise EmptyDataset(f"{file.name} is empty.")


def _conversation(line: bytes, where: str) -> Conversation:
    try:
        listed = json.loads(line)["messages"]
        messages = tuple(Message(str(one["role"]), str(one["content"])) for one in listed)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadDataset(f"{where} holds no messages.") from error
    if problem := roles_problem(messages):
        raise BadDataset(f"{where} cannot be learned from: {problem}.")
    return messages
