"""The learn queue: what is fitted again from recorded verdicts, outcomes and steps.

What fits takes seconds to import, and only the workers of this queue need it.
"""

import logging

from celery import shared_task
from django.conf import settings

from training.labels.queue import top_up_queue
from training.nets.roster import Kind
from training.not_fitted import NotRefitted

log = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def refit_routing() -> None:
    """Fits the routing calibration again; it goes live if it beats the live one."""
    from workers.refitting import refit

    try:
        made = refit()
    except NotRefitted as error:
        log.info("routing is not fitted again: %s", error.detail)
        return
    log.info("routing was fitted again: %s is %s %s", made.pk, made.state, made.reason)


@shared_task(ignore_result=True)
def fit_routing_head() -> None:
    """Fits the trained routing head; it goes live if it serves better than what is live."""
    from workers.refitting import fit_head

    try:
        made = fit_head()
    except NotRefitted as error:
        log.info("no routing head is fitted: %s", error.detail)
        return
    log.info("a routing head was fitted: %s is %s %s", made.pk, made.state, made.reason)


@shared_task(ignore_result=True)
def learn_net(kind: Kind) -> None:
    """A round of learning, if there are enough new rows; a fit that fails fails the task."""
    from workers.nets import learn

    try:
        made = learn(kind)
    except NotRefitted as error:
        log.debug("no %s net is fitted: %s", kind, error.detail)
        return
    log.info("a %s net was fitted: %s is %s %s", kind, made.pk, made.state, made.reason)


@shared_task(ignore_result=True)
def fill_label_queue() -> None:
    """Asks people for labels of the answers that teach most, up to `KW_LABEL_QUEUE` open ones."""
    added = top_up_queue(size=settings.KW_LABEL_QUEUE)
    log.info("answers put on the labelling queue: %s", len(added))
