"""What the OpenAPI document says about failures."""

from pydantic import BaseModel


class ErrorBody(BaseModel):
    message: str
    type: str
    param: str | None
    code: str | None


class ErrorDocument(BaseModel):
    """A failure, in OpenAI's shape."""

    error: ErrorBody


def error_documents(*statuses: int) -> dict[int, type[ErrorDocument]]:
    """Responses for an operation: these failures and those that any operation can have."""
    return dict.fromkeys(sorted({*statuses, 405, 500, 503}), ErrorDocument)
