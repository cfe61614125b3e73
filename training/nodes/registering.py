"""Nodes in the table: they register what they have, say that they live, and leave."""

from django.utils import timezone

from training.lora.job import Device
from training.nodes.models import SILENT_AFTER, TrainingNode
from training.nodes.probe import Machine


def register_node(*, name: str, device: Device, machine: Machine) -> TrainingNode:
    """A node that comes back under its name is the same one."""
    now = timezone.now()
    node, _ = TrainingNode.objects.update_or_create(
        name=name,
        defaults={
            "device": device,
            "hardware": machine.hardware,
            "versions": machine.versions,
            "registered_at": now,
            "heard_at": now,
        },
    )
    return node


def note_alive(*, name: str) -> bool:
    """False when nobody of this name is registered."""
    return bool(TrainingNode.objects.filter(name=name).update(heard_at=timezone.now()))


def note_gone(*, name: str) -> None:
    """A node that ends in order is not waited for."""
    TrainingNode.objects.filter(name=name).update(heard_at=timezone.now() - SILENT_AFTER)


def live_nodes() -> list[TrainingNode]:
    return list(TrainingNode.objects.filter(heard_at__gt=timezone.now() - SILENT_AFTER))
