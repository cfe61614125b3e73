"""The names of event kinds are the same for contracts and for rows."""

from trajectories.event_kinds import EVENT_KINDS
from trajectories.models import Event


def test_contracts_know_the_kinds_that_are_recorded() -> None:
    assert tuple(Event.Kind.values) == EVENT_KINDS
