"""Whether the answer to a request may be searched for."""

from django.conf import settings

from workers.request import ChatRequest


def may_search(request: ChatRequest) -> bool:
    """Where it is asked for; unasked (KW_SEARCH=bare), for bare questions only.

    These have no system message, no conditions and no other form of answer: an app's own
    instructions are not put behind those of a worker. They get one plain answer, without a worker,
    as long as no strategy is known to pay.
    """
    if request.beyond_search or settings.KW_SEARCH == "off":
        return False
    bare = not request.system and not request.contract.conditions
    return request.search is not None or (settings.KW_SEARCH == "bare" and bare)
