r"""Reads the one number that an answer states: `$1,234.50`, `18 apples`, `x = \frac{3}{4}`.

That is enough to tell answers apart. `said_numbers` reads those that must be read in full.
"""

import re
from decimal import Decimal
from fractions import Fraction

MOST_CHARS = 200
MOST_DIGITS = 40
MOST_UNDER = 1000  # of a fraction that is shown as one
WHOLE = r"(?:\d{1,3}(?:,\d{3}(?!\d))+|\d+)"
NUMBER = rf"{WHOLE}(?:\.\d+)?|\.\d+"

_LATEX_FRACTION = re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_LATEX_TEXT = re.compile(r"\\(?:text|mathrm|mbox)\s*\{([^{}]*)\}")
_LATEX_SPACE = re.compile(r"\\[,;:!~ ]|~")
_EQUALS = re.compile(r".*(?<![<>!=])=(?!=)", re.DOTALL)
_UNIT = r"(?:[kmcµ]?m|[kmµ]?g|m?l|h|hrs?|s|secs?|mins?|[kM]B|km/h|mph|lbs?|ft|°\s?[CF]?)"
_ONE = re.compile(
    rf"(?P<before>[^\d]*?)(?P<sign>[-−])?(?:[$€£¥]\s?)?(?P<sign2>[-−])?(?P<number>{NUMBER})"
    rf"(?:e(?P<power>[+-]?\d{{1,3}}))?"
    rf"(?:\s*/\s*(?P<under>\d+)(?!\d))?"
    rf"\s*(?P<times>hundred|thousand|million|billion)?(?:\s*(?:%|[$€£¥]|{_UNIT}))?(?P<after>[^\d]*)",
    re.DOTALL,
)
TIMES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
_CHANGED = re.compile(
    r"\b(?:not|no|never|neither|nor|but|cannot|wrong|false|incorrect|less|more|fewer|minus|negative"
    r"|half|third|quarter|double|twice|dozen)\b|n['’]t\b|[≠≤≥(]|[!:]=",
    re.IGNORECASE,
)  # another number is meant
_BESIDE = re.compile(r"[\w^√*+/²³π]\Z")  # before a number: it is part of something
_FORMULA = re.compile(
    r"[+*^√π×÷<>]|\b(?:pi|sqrt|i|x)\b|(?<!\S)[-−](?!\S)"
)  # it computes with the number
_BEHIND = re.compile(r"[A-Za-z_^√²³π!]|\s*[-−+*^×÷(]|\s*/\s*\d")  # the same, after it


def number_in(text: str) -> Fraction | None:
    """The value of the one number in a short text; None where it has none, several, or a formula.

    What stands before a last `=`, currencies, units and percent signs are left out.
    """
    if len(text) > MOST_CHARS:
        return None
    plain = _LATEX_TEXT.sub(r" \1", _LATEX_FRACTION.sub(r"\1/\2", text))
    plain = _LATEX_SPACE.sub(" ", plain).replace("\\", " ").replace("{", "").replace("}", "")
    plain = _EQUALS.sub("", plain).strip().strip("*_`")
    found = _ONE.fullmatch(plain)
    if (
        found is None
        or len(found["number"]) > MOST_DIGITS
        or len(found["under"] or "") > MOST_DIGITS
    ):
        return None
    behind = plain[found.start("after") - len(_space_before(plain, found.start("after"))) :]
    if _BESIDE.search(found["before"]) or _BEHIND.match(behind):
        return None
    around = f"{found['before']} {found['after']}"
    if _FORMULA.search(around) or _CHANGED.search(found["before"]):
        return None
    value = Fraction(found["number"].replace(",", ""))
    if found["power"] is not None:
        value *= Fraction(10) ** int(found["power"])
    if found["under"] is not None:
        if int(found["under"]) == 0:
            return None
        value /= int(found["under"])
    value *= TIMES.get(found["times"] or "", 1)
    return -value if found["sign"] or found["sign2"] else value


def _space_before(text: str, at: int) -> str:
    return text[len(text[:at].rstrip()) : at]


def shown(value: Fraction) -> str:
    """For people: exactly where that is short, else to ten digits."""
    if value.denominator == 1:
        return str(value.numerator)
    decimal = f"{Decimal(value.numerator) / Decimal(value.denominator):.10g}"
    if Fraction(decimal) == value or value.denominator > MOST_UNDER:
        return decimal
    return str(value)


def number_key(answer: str) -> str:
    """Equal for answers that state the same number, however they write it; else its words."""
    value = number_in(answer)
    if value is not None:
        return str(value)
    return " ".join(re.sub(r"[\s$]+", " ", answer).strip(" .").lower().split())
