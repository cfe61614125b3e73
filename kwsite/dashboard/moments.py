"""Times as people read them: in the zone that is active for the request."""

from datetime import datetime, timedelta

from trajectories.markup import moment

UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def when(at: datetime | None) -> str:
    return moment(at) if at else "—"


def lasting(span: timedelta) -> str:
    """A span by its two largest units, such as `1 h 5 min`."""
    seconds = max(0, round(span.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    for place, (length, unit) in enumerate(UNITS):
        if seconds >= length:
            whole, rest = divmod(seconds, length)
            smaller, name = (*UNITS, (1, "s"))[place + 1]
            return f"{whole} {unit}" + (f" {rest // smaller} {name}" if rest // smaller else "")
    raise AssertionError("a minute is a unit")
