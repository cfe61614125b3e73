"""Taps that a spool has kept, each stored or refused by itself."""

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

from pydantic import BaseModel

from kwsite.api.errors import ApiError
from kwsite.api.taps_body import AnnotateTap, CloseTap, EndTap, EventTap, OpenTap, moment, tap_of
from trajectories.models import Client
from trajectories.taps.recording import (
    SessionNotFound,
    TrajectoryNotFound,
    TrajectoryTaken,
    annotate_trajectory,
    append_events,
    close_trajectory,
    end_session,
    open_trajectory,
)
from trajectories.taps.values import Observed

REFUSED = (ApiError, SessionNotFound, TrajectoryNotFound, TrajectoryTaken)


class TapResult(BaseModel):
    """`refused` says that sending it again is of no use."""

    status: Literal["stored", "refused"]
    detail: str


def store_taps(client: Client, taps: list[dict[str, Any]]) -> list[TapResult]:
    """One result for each, in their order."""
    batch = _Batch(client)
    for data in taps:
        batch.add(data)
    batch.store_events()
    return batch.results


class _Batch:
    """Events of one trajectory that stand together are stored together."""

    def __init__(self, client: Client) -> None:
        self.results: list[TapResult] = []
        self._client = client
        self._events: list[Observed] = []
        self._of = uuid.UUID(int=0)

    def add(self, data: dict[str, Any]) -> None:
        try:
            tap = tap_of(data)
            if isinstance(tap, EventTap):
                self._wait(tap.trajectory, tap.observed())
            else:
                self.store_events()
                self.results.append(_told(partial(_write, self._client, tap)))
        except ApiError as error:
            self.store_events()
            self.results.append(TapResult(status="refused", detail=error.detail))

    def store_events(self) -> None:
        if self._events:
            write = partial(
                append_events, client=self._client, trajectory_id=self._of, events=self._events
            )
            self.results += [_told(write)] * len(self._events)
            self._events = []

    def _wait(self, of: uuid.UUID, event: Observed) -> None:
        if of != self._of:
            self.store_events()
        self._of = of
        self._events.append(event)


def _write(client: Client, tap: OpenTap | CloseTap | AnnotateTap | EndTap) -> None:
    match tap:
        case OpenTap():
            open_trajectory(client=client, opening=tap.opening())
        case CloseTap():
            close_trajectory(client=client, trajectory_id=tap.trajectory, closing=tap.closing())
        case AnnotateTap():
            annotate_trajectory(
                client=client,
                trajectory_id=tap.trajectory,
                corrected=tap.corrected,
                text=tap.said(),
            )
        case EndTap():
            end_session(client=client, session=tap.session, at=moment(tap.at))


def _told(write: Callable[[], object]) -> TapResult:
    try:
        write()
    except REFUSED as error:
        return TapResult(status="refused", detail=error.detail)
    return TapResult(status="stored", detail="")
