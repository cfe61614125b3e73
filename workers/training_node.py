"""This process as a node: it registers itself, says that it lives, and leaves in order.

A worker of a training queue is a node, however it was started.
"""

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any

from celery.exceptions import WorkerShutdown
from celery.signals import worker_ready, worker_shutdown, worker_shutting_down
from django.db import DatabaseError, connections

from training.lora.job import QUEUES, Device
from training.lora.runs import renew_run_leases
from training.lora.trainer import DeviceMissing
from training.nodes.probe import Machine, machine_with
from training.nodes.registering import note_alive, note_gone, register_node
from workers.leases import LeaseKeeper

log = logging.getLogger(__name__)
PULSE_S = 10.0
LIMIT_S = 7 * 86_400.0  # a run in work for longer ends the process; another node resumes it

leaving = threading.Event()  # this process was asked to end
run_keeper = LeaseKeeper(renew_run_leases)


class Pulse:
    """One thread that keeps this node's row alive."""

    def __init__(self, *, name: str, device: Device, machine: Machine) -> None:
        self._name = name
        self._device = device
        self._machine = machine
        self._registered = False
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="node", daemon=True)

    def start(self) -> None:
        """Registers this node, now or as soon as the database is there."""
        self._tell(self._live)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(PULSE_S)
        self._tell(lambda: note_gone(name=self._name))

    def _beat(self) -> None:
        while not self._stopped.wait(PULSE_S):
            self._tell(self._live)

    def _live(self) -> None:
        if not (self._registered and note_alive(name=self._name)):
            register_node(name=self._name, device=self._device, machine=self._machine)
            self._registered = True

    def _tell(self, say: Callable[[], None]) -> None:
        try:
            say()
        except DatabaseError as error:
            log.warning("this node will say in %.0f s that it lives: %s", PULSE_S, error)
        except Exception:
            log.exception("this node could not say that it lives")  # the thread must not end
        finally:
            connections.close_all()  # nobody needs it until then


_pulse: Pulse | None = None


def device_of(queues: Iterable[str]) -> Device | None:
    """Which device a worker of these queues trains on; None when it does not train."""
    return next((device for device, queue in QUEUES.items() if queue in set(queues)), None)


def join(*, name: str, queues: Iterable[str]) -> None:
    """Makes this process a node if it works on a training queue; without its device it ends."""
    global _pulse
    device = device_of(queues)
    if device is None or _pulse is not None:
        return
    try:
        machine = machine_with(device)
    except DeviceMissing as error:
        log.critical("this worker cannot train on %s: %s", device, error.detail)
        raise WorkerShutdown(1) from error
    _pulse = Pulse(name=name, device=device, machine=machine)
    _pulse.start()
    log.info("this node trains on %s: %s", device, machine.hardware)


@worker_ready.connect
def _join(sender: Any, **_: Any) -> None:
    join(name=sender.hostname, queues=sender.app.amqp.queues.consume_from)


@worker_shutting_down.connect
def _ask_to_leave(**_: Any) -> None:
    """The run in work goes back to its queue, for another node."""
    leaving.set()


@worker_shutdown.connect
def _leave(**_: Any) -> None:
    """This process is no node any more."""
    if _pulse is not None:
        _pulse.stop()
