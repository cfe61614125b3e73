"""What a prompt holds that can be compared and computed with: its typed parts.

Plain patterns, read from left to right. A part that is inside another (the digits of a phone
number or a date) is not counted a second time.
"""

import re
from typing import Any

UNITS = (
    "km|cm|mm|m|miles?|mi|feet|ft|inches|inch|in|yards?|yd|kilometers?|kilometres?|meters?|metres?|"
    "centimeters?|millimeters?|kg|mg|g|kilograms?|grams?|pounds?|lbs?|ounces?|oz|tons?|tonnes?|"
    "ml|l|liters?|litres?|milliliters?|gallons?|cups?|ms|s|seconds?|minutes?|min|hours?|h|days?|"
    "weeks?|months?|years?|gb|mb|kb|tb|gigabytes?|megabytes?|kilobytes?|terabytes?|bytes?|"
    "percent|celsius|fahrenheit|kelvin|dollars?|euros?|cents?|usd|eur|gbp|watts?|kw|kwh|volts?"
)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_URL = re.compile(r"https?://[^\s<>\"')\]]+")
_DATE = re.compile(r"\b(?:\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{2,4})\b")
_PHONE = re.compile(r"(?<![\w.])(?:\+\d{1,3}[ -])?\+?\(?\d{2,4}\)?(?:[ -]\d{2,4}){1,4}(?![\w.]\w)")
_QUOTED = re.compile(r"\"([^\"\n]{1,500})\"|“([^”\n]{1,500})”")
_NUMBER = re.compile(r"(?<![\w.,])[-−]?\d+(?:,\d{3})*(?:\.\d+)?(?![\w]*@)")
_DIGITS = re.compile(r"[.,]?\d(?:[.,]?\d)*")
_WHOLE = re.compile(r"(?!\d{1,3}\.000$)(?:[1-9]\d{0,2}(?:,\d{3})+|\d+)(?:\.\d+)?")
# "in" is the inch only behind a number: "12 in", "12-in".
_UNIT = re.compile(
    rf"(?<![A-Za-z'’])(?:(?!in(?![A-Za-z]))|(?<=\d)|(?<=\d[ -]))({UNITS})(?![A-Za-z])",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<![\w'’-])[A-ZÀ-Þ][\w'’-]+(?: [A-ZÀ-Þ][\w'’-]+)+")
_CODE = re.compile(
    r"(?<![\w-])(?=[A-Z0-9-]{0,32}\d)[A-Z][A-Z0-9]{0,15}(?:[-/]?[A-Z0-9]{1,16}){0,3}(?![\w-])"
)
_SIGN = re.compile(r"(?<![A-Za-z])[-−/](?![A-Za-z])|[+*×÷=<>≤≥≠^%√]")
_NEGATION = re.compile(r"\b(?:not|no|never|without|cannot)\b|n['’]t\b", re.IGNORECASE)


def _take(pattern: re.Pattern[str], text: str) -> tuple[list[str], str]:
    """All matches in order, and the text with them blanked out."""
    found = [match.group(0) for match in pattern.finditer(text)]
    return found, pattern.sub(lambda match: " " * len(match.group(0)), text)


def _number(text: str) -> float:
    return float(text.replace(",", "").replace("−", "-"))


def bind(prompt: str, system: str = "") -> dict[str, Any]:
    """The `input` of conditions and bindings.

    Lists keep the prompt's order: emails, urls, dates, phones, quoted, names, codes (capitals with
    digits), units and signs (of operations and comparisons) as strings, numbers as floats.
    `unread` holds the digits that can be read in more than one way or only in part: 1,5 and .5,
    3,5,7 and 1.000. `negated` says whether a negation word is there, `words` counts words.
    """
    emails, rest = _take(_EMAIL, prompt)
    urls, rest = _take(_URL, rest)
    dates, rest = _take(_DATE, rest)
    phones, rest = _take(_PHONE, rest)
    numbers, between = _take(_NUMBER, rest)
    unread = [digits for digits in _DIGITS.findall(rest) if not _WHOLE.fullmatch(digits)]
    return {
        "prompt": prompt,
        "system": system,
        "emails": emails,
        "urls": urls,
        "dates": dates,
        "phones": [phone.strip() for phone in phones],
        "quoted": [first or second for first, second in _QUOTED.findall(prompt)],
        "names": _NAME.findall(rest),
        "codes": _CODE.findall(rest),
        "numbers": [_number(number) for number in numbers],
        "unread": unread,
        "signs": _SIGN.findall(between),
        "units": [unit.lower() for unit in _UNIT.findall(rest)],
        "negated": bool(_NEGATION.search(prompt)),
        "words": len(prompt.split()),
    }


LISTS = ("emails", "urls", "dates", "phones", "quoted", "names", "codes", "units", "numbers")
