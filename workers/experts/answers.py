r"""The final answer that a text states: the last `\boxed{}`, `Answer:` line or `#### 42`."""

import re
from collections.abc import Sequence

from workers.experts.steps import joined

_LINE = re.compile(
    r"^[ \t>#*_-]*(?:(?:so|therefore|thus|hence)[, ]+)?(?:the[ \t]+)?(?:final[ \t]+)?answer"
    r"[ \t]*(?:(?:is[ \t]*)?[*_]*[:=][ \t]*|is[ \t]+)[*_]*[ \t]*(?P<said>[^\n]*\S)[ \t]*$"
    r"|^[ \t]*####[ \t]+(?P<marked>[^\n]*\S)[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_WITHIN = re.compile(
    r"\bthe (?:final )?answer is:?[ \t]+[*_]*(?P<said>[^\n]*?\S)(?=\.?[*_]*[ \t]*(?:$|\n))",
    re.IGNORECASE,
)
_BOXED = re.compile(r"\\boxed\s*\{")
_AROUND = " \t*_`"


def stated_answer(text: str) -> str:
    """The answer that is stated last; empty where none is."""
    found: list[tuple[int, str]] = []
    for line in (*_LINE.finditer(text), *_WITHIN.finditer(text)):
        said = next(group for group in line.groups() if group is not None)
        found.append((line.start(), boxed(said) or said))
    for box in _BOXED.finditer(text):
        found.append((box.start(), _braced(text, box.end())))
    answers = [(at, _bare(said)) for at, said in found]
    return max((one for one in answers if one[1]), default=(0, ""))[1]


def boxed(text: str) -> str:
    r"""What the last `\boxed{}` holds; empty without one."""
    boxes = list(_BOXED.finditer(text))
    return _braced(text, boxes[-1].end()) if boxes else ""


def answer_of_steps(steps: Sequence[str]) -> str:
    """The answer that these steps state last."""
    return stated_answer(joined(steps))


def ends_in_answer(steps: Sequence[str]) -> bool:
    """Whether the last step states an answer."""
    return bool(steps) and bool(stated_answer(steps[-1]))


def _braced(text: str, start: int) -> str:
    depth = 1
    for at in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if not depth:
            return text[start:at].strip()
    return ""


def _bare(said: str) -> str:
    bare = said.strip(_AROUND)
    if bare.endswith(".") and not bare.endswith(".."):
        bare = bare[:-1].rstrip(_AROUND)
    for left, right in (("$", "$"), (r"\(", r"\)"), (r"\[", r"\]")):
        if len(bare) > len(left + right) and bare.startswith(left) and bare.endswith(right):
            bare = bare[len(left) : -len(right)].strip()
    return bare
