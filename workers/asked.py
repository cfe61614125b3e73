"""What routing is asked about a request, and what the operator allows of it."""

from typing import Any

from django.conf import settings

from kernels.encoder import Vector
from kernels.routing import Asked
from kernels.slots import bind
from workers.request import ChatRequest


def limits() -> dict[str, Any]:
    """What the operator allows of routing."""
    return {
        "top_k": settings.KW_ROUTE_TOP_K,
        "min_pass_rate": settings.KW_KERNEL_MIN_PASS_RATE,
    }


def asked_of(request: ChatRequest, layers: Vector) -> Asked:
    """What routing needs to know of a request; `layers` from `encoder.embed_deep`."""
    bound: dict[str, Any] = bind(request.prompt, request.system)
    return Asked(
        bound,
        layers,
        request.output_schema,
        request.response_format is not None and request.response_format["type"] != "text",
        request.beyond_kernels,
        request.systems,
    )
