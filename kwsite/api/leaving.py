"""What becomes of a run whose client leaves before its answer."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis import RedisError

from kwsite.api.offload import in_thread
from trajectories.models import Run
from workers.cancelling import RunFinished, cancel_run

log = logging.getLogger(__name__)


@asynccontextmanager
async def searching_for(run: Run) -> AsyncIterator[None]:
    """Cancels a search when its client leaves: it writes many answers that nobody waits for.

    Other runs go on, and their answers are there later.
    """
    try:
        yield
    except (asyncio.CancelledError, GeneratorExit):
        if run.decision["route"] == "search" or run.decision.get("near"):
            await in_thread(_cancel, run)
        raise


def _cancel(run: Run) -> None:
    try:
        cancel_run(client=run.client, run_id=run.pk)
    except RunFinished:
        log.debug("run %s was finished when its client left", run.pk)
    except RedisError as error:
        log.warning("run %s is cancelled, and its worker could not be told: %s", run.pk, error)
