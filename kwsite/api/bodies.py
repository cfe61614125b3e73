"""Reads a request body: strict JSON that can be stored."""

import math
from typing import Any

import pydantic_core
from django.http import HttpRequest
from ninja.parser import Parser

from kwsite.api.errors import InvalidBody, WrongContentType

MAX_DEPTH = 64
MAX_INTEGER = 2**63


class StrictJson(Parser):
    """Accepts RFC 8259 JSON only, and of it what both Postgres and a model server can take."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Raises `WrongContentType` or `InvalidBody`."""
        if request.content_type != "application/json":
            raise WrongContentType()
        try:
            value = pydantic_core.from_json(request.body, allow_inf_nan=False)
        except ValueError as error:
            raise InvalidBody(f"The body is not JSON that can be read: {error}.") from None
        require_storable(value)
        return value


def require_storable(value: Any) -> None:
    """Raises `InvalidBody` for what is JSON and still cannot be kept.

    These are NUL characters, numbers beyond 64 bits, and nesting deeper than `MAX_DEPTH`.
    """
    waiting = [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        if isinstance(item, str):
            if "\0" in item:
                raise InvalidBody("The body has a NUL character (\\u0000) in it; remove it.")
        elif isinstance(item, dict | list):
            if depth > MAX_DEPTH:
                raise InvalidBody(f"The body is nested more than {MAX_DEPTH} levels deep.")
            if isinstance(item, dict):
                waiting.extend((key, depth) for key in item)
                item = item.values()
            waiting.extend((inner, depth + 1) for inner in item)
        elif isinstance(item, float):
            if not math.isfinite(item):
                raise InvalidBody("The body has a number in it that is too large.")
        elif isinstance(item, int) and abs(item) >= MAX_INTEGER:
            raise InvalidBody("The body has a number in it that does not fit 64 bits.")
