"""What the bench of receipts measures."""

import pytest
from django.conf import settings

from kernels.library.reading import starters
from kernels.models import KernelVersion
from kernels.registry import propose_version
from kwsite.bench.receipts.measure import KERNEL, measure_receipts
from trajectories.models import SignedReceipt, Trajectory
from trajectories.receipt_keys import published_keys
from trajectories.receipts.signing import opened

pytestmark = pytest.mark.django_db


def test_answers_are_recorded_with_and_without_receipts_of_both_routes() -> None:
    spec = next(one.spec for one in starters() if one.spec.name == KERNEL)
    propose_version(spec=spec, samples=[], client=None, confidence=0.7, evidence={})
    KernelVersion.objects.update(state=KernelVersion.State.LIVE)
    key, pairs = settings.KW_RECEIPT_KEY, []
    found = measure_receipts(3, lambda: pairs.append(1))
    assert key == settings.KW_RECEIPT_KEY
    assert len(pairs) == 6
    assert [one.route for one in found.recorded] == ["kernel", "generation"]
    assert (Trajectory.objects.count(), SignedReceipt.objects.count()) == (12, 6)
    for row in SignedReceipt.objects.select_related("trajectory"):
        receipt = opened(row.file.encode(), published_keys())
        assert (receipt.kernel is not None) == (row.trajectory.route == "kernel")
    for one in found.recorded:
        assert one.file_bytes > 500
        assert min(one.with_ms, one.without_ms, *(part.p50_us for part in one.parts)) > 0
