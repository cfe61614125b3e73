"""A challenger goes live in place of what it beat, and of nothing else."""

import pytest

from kernels.models import Calibration
from training.publishing import publish

pytestmark = pytest.mark.django_db


def stored(live: Calibration | None, reason: str = "", encoder: str = "e") -> Calibration:
    return publish(
        Calibration,
        live=live,
        reason=reason,
        encoder_digest=encoder,
        data_digest="d",
        weights={},
    )


def states() -> list[str]:
    return list(Calibration.objects.order_by("pk").values_list("state", flat=True))


def test_what_beat_the_live_one_takes_its_place() -> None:
    first = stored(None)
    second = stored(first)
    assert states() == ["retired", "live"]
    assert second.parent == first


def test_what_did_not_is_kept_with_the_reason() -> None:
    first = stored(None)
    assert stored(first, "no gain").reason == "no gain"
    assert states() == ["live", "rejected"]


def test_what_went_live_meanwhile_was_not_beaten() -> None:
    first = stored(None)
    stored(first)
    late = stored(first)
    assert late.reason == "another calibration went live meanwhile"
    assert states() == ["retired", "live", "rejected"]


def test_what_is_live_for_another_encoder_gives_way() -> None:
    stored(None, encoder="old")
    stored(None)
    assert states() == ["retired", "live"]
