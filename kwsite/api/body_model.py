"""Base of request bodies: unknown fields are refused, types are not converted."""

from typing import Any, NoReturn, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from kwsite.api.errors import (
    ApiError,
    InvalidParameter,
    MissingParameter,
    UnknownParameter,
    UnsupportedParameter,
)


class Part(BaseModel):
    """A JSON object inside a request body."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Body(Part):
    """A whole request body. A bad one is refused with the name of the parameter that is wrong.

    Names in `unsupported_parameters` are known to OpenAI's API and not served here.
    """

    @classmethod
    def unsupported_parameters(cls) -> frozenset[str]:
        return frozenset()

    @model_validator(mode="wrap")
    @classmethod
    def explained(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Raises an `ApiError` (pydantic lets it pass) in place of a list of errors."""
        if not isinstance(data, dict):
            raise InvalidParameter("The body must be a JSON object.")
        try:
            return handler(data)
        except ValidationError as error:
            refuse(error, data, cls.unsupported_parameters())


def refuse(
    error: ValidationError, data: Any, unsupported: frozenset[str] = frozenset()
) -> NoReturn:
    """Raises the error that lies deepest in the body: of a union, that is the meant branch.

    At the same depth, a branch that takes the type says more than one that does not.
    """
    paths = [(_path(details, data), details) for details in error.errors(include_url=False)]
    path, details = max(
        paths, key=lambda pair: (len(pair[0]), not pair[1]["type"].endswith("_type"))
    )
    raise _refusal(_spelled(path), details, bool(path) and path[0] in unsupported)


def _refusal(param: str, details: ErrorDetails, unsupported: bool) -> ApiError:
    kind = details["type"]
    if kind == "missing":
        return MissingParameter(f"Missing required parameter: '{param}'.", param=param)
    if kind == "extra_forbidden" and unsupported:
        return UnsupportedParameter(f"'{param}' is not supported by this service.", param=param)
    if kind == "extra_forbidden":
        return UnknownParameter(f"Unknown parameter: '{param}'.", param=param)
    if unsupported:
        return UnsupportedParameter(
            f"This value of '{param}' is not supported: {details['msg']}.", param=param
        )
    message = details["msg"].removeprefix("Value error, ")
    return InvalidParameter(f"Invalid '{param}': {message}.", param=param)


def _path(details: ErrorDetails, data: Any) -> list[str | int]:
    """The error's place in the body (pydantic's location also names branches of unions).

    Such a branch is named before the fields in it, and may have the name of one of them.
    """
    path: list[str | int] = []
    at, branch_named = data, False
    for step in details["loc"]:
        if not branch_named and isinstance(at, dict) and at.get("kind") == step:
            branch_named = True
            continue
        in_object = isinstance(at, dict) and step in at
        in_array = isinstance(at, list) and isinstance(step, int) and step < len(at)
        if in_object or in_array:
            at, branch_named = at[step], False
            path.append(step)
    if details["type"] == "missing":
        path.append(details["loc"][-1])
    return path


def _spelled(path: list[str | int]) -> str:
    """`["messages", 0, "content"]` as `messages[0].content`."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".")
