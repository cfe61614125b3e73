"""Aligns the prompts of a family into templates: what all say, and what each fills in.

Prompts are cut into words and typed parts. Two sequences are aligned on what they share; what
differs becomes a gap. Prompts that share too little with a template begin another one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from kernels.template import MAX_TEMPLATE_CHARS, PATTERNS, escaped, gap_texts, match_template

LEAST_PROMPTS = 3  # that show a template
LEAST_WORDS = 2  # that are fixed
KEPT = 0.6  # of the fixed words of a template, for another prompt to be of its form
MOST_TOKENS = 400
FOLDS = 8
STABLE = 0.75  # of prompts that were left out and have the form all the same
FREE, GAP = "text", "\0"
_TYPED = ("email", "url", "date", "phone", "quoted", "code", "number", "name")
_CAPITAL = r"[A-ZÀ-Þ][A-Za-zÀ-ÿ'’-]+"
_READ = {
    **{kind: PATTERNS[kind] for kind in _TYPED},
    "date": rf"\b{PATTERNS['date']}\b",
    "phone": rf"(?<![\w.]){PATTERNS['phone']}",
    "code": rf"\b{PATTERNS['code']}(?![A-Za-z0-9])",
    "number": rf"(?<![\w.,]){PATTERNS['number']}(?!@)",
    "name": rf"(?<![\w'’-]){_CAPITAL}(?: {_CAPITAL})+(?![\w-])",
}
_TOKEN = re.compile(
    "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _READ.items())
    + r"|(?P<space>\s+)|(?P<word>[\w'’]+)|(?P<mark>[^\w\s])"
)
_LIST = re.compile(r"[^,;\n]+(?:[,;] ?[^,;\n]+)+")
_SEPARATOR = re.compile(r"[\s,;]+$")
_WORD = re.compile(r"[^\W\d_]")
_WORDS = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Token:
    """A piece of a prompt; `kind` is its type where it has one, else empty."""

    text: str
    kind: str = ""

    @property
    def key(self) -> str:
        """What two prompts must share here: the type, or the very text."""
        return f"{GAP}{self.kind}" if self.kind else self.text


@dataclass
class _Form:
    """A template in the making: keys, and the prompts that have them."""

    keys: list[str]
    prompts: list[str] = field(default_factory=list)

    @property
    def typed(self) -> bool:
        """Whether it has gaps at all, and none that takes whatever comes."""
        gaps = {key for key in self.keys if key.startswith(GAP)}
        return bool(gaps) and f"{GAP}{FREE}" not in gaps

    @property
    def words(self) -> int:
        return sum(bool(_WORD.search(key)) for key in self.keys if not key.startswith(GAP))


def tokens(prompt: str) -> list[Token]:
    found: list[Token] = []
    for match in _TOKEN.finditer(prompt):
        kind = str(match.lastgroup)
        text = match.group(0)
        if kind == "name" and text.count(" ") > 1 and _begins(found):
            first, space, text = text.partition(" ")  # "Contact Ada Lovelace"
            found += [Token(first), Token(space)]
        found.append(Token(text, kind if kind in _TYPED else ""))
    return found


def _begins(before: Sequence[Token]) -> bool:
    """Whether a sentence begins here."""
    last = next((token.text for token in reversed(before) if not token.text.isspace()), ".")
    return last in (".", "!", "?", ":") or bool(before and "\n" in before[-1].text)


def mine_templates(prompts: Sequence[str]) -> tuple[str, ...]:
    """The templates of the prompts, the most common first.

    At least three prompts show one, or its gaps are typed, and the words around them say the rest.
    """
    forms: list[_Form] = []
    for prompt in dict.fromkeys(prompts):
        keys = [token.key for token in tokens(prompt)[: MOST_TOKENS + 1]]
        if len(keys) <= MOST_TOKENS:
            _join(prompt, keys, forms)
    common = [form for form in _merged(forms) if len(form.prompts) >= LEAST_PROMPTS or form.typed]
    common.sort(key=lambda form: -len(form.prompts))
    found = tuple(dict.fromkeys(filter(None, map(_written, common))))
    if not cover_all(found, prompts) and (one := _of_all(prompts)):
        return (one,)
    return found


def _of_all(prompts: Sequence[str]) -> str:
    """One template for all, where they share neighbouring words around much free text; or empty."""
    rows = [[token.key for token in tokens(prompt)] for prompt in dict.fromkeys(prompts)]
    if len(rows) < LEAST_PROMPTS or max(map(len, rows)) > MOST_TOKENS:
        return ""
    rows.sort(key=len)
    form = _Form(rows[0], list(dict.fromkeys(prompts)))
    for row in rows[1:]:
        form.keys = _aligned(form.keys, row)
    return _written(form) if _runs(form.keys) else ""


def _runs(keys: Sequence[str]) -> bool:
    """Whether three fixed words stand next to each other."""
    texts = "".join("\n" if key.startswith(GAP) else key for key in keys).split("\n")
    return any(len(_WORDS.findall(text)) >= 3 for text in texts)


def cover_all(templates: Sequence[str], prompts: Sequence[str]) -> bool:
    """Whether every prompt has one of the forms."""
    return bool(templates) and all(
        any(match_template(template, prompt) is not None for template in templates)
        for prompt in prompts
    )


def covers_unseen(templates: Sequence[str], prompts: Sequence[str]) -> bool:
    """Whether all prompts have one of these forms, and most would if it were mined without them."""
    distinct = list(dict.fromkeys(prompts))
    if len(distinct) <= LEAST_PROMPTS or not cover_all(templates, distinct):
        return False
    every = -(-len(distinct) // FOLDS)
    folds = range(0, len(distinct), every)
    held = sum(
        cover_all(mine_templates([*distinct[:at], *distinct[at + 1 :]]), [distinct[at]])
        for at in folds
    )
    return held >= STABLE * len(folds)


def _join(prompt: str, keys: list[str], forms: list[_Form]) -> None:
    best: tuple[float, _Form, list[str]] | None = None
    for form in forms:
        common = _aligned(form.keys, keys)
        share = _words(common) / max(1, form.words, _words(keys) if not form.prompts else 0)
        if share >= KEPT and _words(common) >= LEAST_WORDS and (best is None or share > best[0]):
            best = (share, form, common)
    if best is None:
        forms.append(_Form(keys, [prompt]))
    else:
        best[1].keys = best[2]
        best[1].prompts.append(prompt)


def _merged(forms: list[_Form]) -> list[_Form]:
    """Forms that were begun by prompts with much free text are joined with the common ones."""
    kept: list[_Form] = []
    for form in sorted(forms, key=lambda form: -len(form.prompts)):
        for other in kept:
            common = _aligned(other.keys, form.keys)
            if _words(common) >= max(LEAST_WORDS, KEPT * other.words):
                other.keys = common
                other.prompts += form.prompts
                break
        else:
            kept.append(form)
    return kept


def _words(keys: Sequence[str]) -> int:
    return sum(bool(_WORD.search(key)) for key in keys if not key.startswith(GAP))


def _aligned(one: list[str], other: list[str]) -> list[str]:
    """What both have in common, in order; a free gap stands wherever they differ."""
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    common: list[str] = []
    for operation, start, end, _, _ in matcher.get_opcodes():
        common += one[start:end] if operation == "equal" else [f"{GAP}{FREE}"]
    return _joined(common)


def _joined(keys: list[str]) -> list[str]:
    """Free gaps with nothing but spaces, commas and semicolons between them are one."""
    free = f"{GAP}{FREE}"
    found: list[str] = []
    for key in keys:
        if key == free:
            between = next((n for n, k in enumerate(reversed(found)) if not _SEPARATOR.match(k)), 0)
            if len(found) > between and found[-1 - between] == free:
                del found[len(found) - between :]
                continue
        found.append(key)
    return found


def _written(form: _Form) -> str:
    """The template as text; empty where it fixes too little or does not fit its prompts."""
    if form.words < LEAST_WORDS:
        return ""
    keys = _with_constants(form) if len(form.prompts) >= LEAST_PROMPTS else form.keys
    kinds = [key[1:] for key in keys if key.startswith(GAP)]
    loose = _text(keys, kinds)
    if len(loose) > MAX_TEMPLATE_CHARS or not cover_all([loose], form.prompts):
        return ""
    values = _gaps(loose, form.prompts)
    typed = [
        _narrower(texts) if kind == FREE else kind
        for kind, texts in zip(kinds, values, strict=True)
    ]
    narrow = _text(keys, typed)
    return narrow if cover_all([narrow], form.prompts) else loose


def _with_constants(form: _Form) -> list[str]:
    """The keys, with every gap that is filled alike in all prompts as fixed words."""
    kinds = [key[1:] for key in form.keys if key.startswith(GAP)]
    values = iter(_gaps(_text(form.keys, kinds), form.prompts))
    if not kinds or (first := next(values, None)) is None:
        return form.keys
    rows = [first, *values]
    found: list[str] = []
    for key in form.keys:
        if key.startswith(GAP) and len(set(texts := rows.pop(0))) == 1:
            found.append(texts[0])
        else:
            found.append(key)
    return found


def _gaps(template: str, prompts: Sequence[str]) -> list[list[str]]:
    """What the prompts fill in, gap by gap, as it stands there; nothing if it does not fit them."""
    rows = [gap_texts(template, prompt) for prompt in prompts]
    fitting = [row for row in rows if row is not None]
    return [list(column) for column in zip(*fitting, strict=True)] if fitting == rows else []


def _narrower(values: Sequence[str]) -> str:
    """The type that all texts of a free gap have, if they have one."""
    for kind in ("unit", "sign", "name"):
        if all(re.fullmatch(PATTERNS[kind], value) for value in values):
            return kind
    return "list" if all(_LIST.fullmatch(value) for value in values) else FREE


def _names(kinds: Sequence[str]) -> list[str]:
    """A name for each gap: its type, and which one of that type it is."""
    return [f"{kind}{kinds[: at + 1].count(kind)}" for at, kind in enumerate(list(kinds))]


def _text(keys: Sequence[str], kinds: Sequence[str]) -> str:
    names = iter(_names(list(kinds)))
    return "".join(f"{{{next(names)}}}" if key.startswith(GAP) else escaped(key) for key in keys)
