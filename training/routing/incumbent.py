"""What routing does today with prompts that are known, each without itself among the exemplars."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from kernels.calibration import Calibrator
from kernels.encoder import last_mean
from kernels.head_routing import LiveHead
from kernels.models import KernelVersion
from kernels.routing import Asked, Near, considered
from kernels.slots import bind
from training.routing.head_material import Material


def served_today(
    material: Material,
    prompts: Sequence[str],
    calibrator: Calibrator,
    head: LiveHead | None,
    *,
    top_k: int,
    min_pass_rate: float,
) -> dict[str, bool | None]:
    """For each prompt, whether the kernel that serves it is right; None where none does.

    All prompts are taken for calls that every kernel answers. Guarded kernels serve behind their
    guards, whatever a head says: they count as none.
    """
    guarded = set(material.guarded)
    truth = {one.text: one.kernel for one in (*material.exemplars, *material.labelled)}
    exemplars = material.embedded
    texts = np.array([one.text for one in material.exemplars], dtype=object)
    records = _records(material)
    found: dict[str, bool | None] = {}
    for prompt in prompts:
        layers = material.layers[prompt]
        cosines = exemplars.plain @ last_mean(layers[None])[0]
        cosines[texts == prompt] = -1.0
        nearest = np.argsort(-cosines)[:top_k]
        near: dict[int, list[tuple[int, float]]] = defaultdict(list)
        for row in nearest.tolist():
            near[int(exemplars.kernels[row])].append((row, float(cosines[row])))
        candidates = considered(
            Asked(bind(prompt), layers, any_call=True),
            [_near(material, kernel, own, records) for kernel, own in near.items()],
            calibrator,
            head,
            None,
            min_pass_rate,
        )
        chosen = next((one for one in candidates if not one.obstacle), None)
        right = truth.get(prompt, -1)
        names = exemplars.names
        if chosen is None or chosen.version_id in guarded:
            found[prompt] = None
        else:
            found[prompt] = right >= 0 and names[right] == chosen.version_id
    return found


def _near(
    material: Material,
    kernel: int,
    exemplars: Sequence[tuple[int, float]],
    records: Mapping[str, tuple[float, int, int]],
) -> Near:
    facts = material.facts[kernel]
    return Near(facts, tuple(exemplars), *records[str(facts.version_id)])


def _records(material: Material) -> dict[str, tuple[float, int, int]]:
    """Confidence, passes and failures of each version."""
    ids = [one.version_id for one in material.facts]
    rows = KernelVersion.objects.filter(pk__in=ids)
    return {
        str(pk): (confidence, passes, failures)
        for pk, confidence, passes, failures in rows.values_list(
            "pk", "confidence", "passes", "failures"
        )
    }
