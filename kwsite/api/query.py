"""The query of an address: known parameters alone, each given once."""

from django.http import HttpRequest

from kwsite.api.errors import InvalidParameter, UnknownParameter


def require_query(request: HttpRequest, *known: str) -> None:
    """Raises UnknownParameter, InvalidParameter."""
    for name, values in sorted(request.GET.lists()):
        if name not in known:
            raise UnknownParameter(f"Unknown parameter: '{name}'.", param=name)
        if len(values) > 1:
            raise InvalidParameter(f"'{name}' is given {len(values)} times.", param=name)
