"""A snapshot comes back as it was saved, or is refused with what is wrong with it."""

import json

import pytest
import torch
from safetensors.torch import save

from training.nets import weights
from training.nets.fitting import start_from_seed
from training.nets.policy import PolicyNet
from training.nets.prm import PrmNet
from training.nets.roster import Kind
from training.nets.weights import (
    BadSnapshot,
    NotFiniteWeights,
    OtherEncoder,
    OtherWorkers,
    Saved,
    Truncated,
    WrongDigest,
    WrongKind,
    WrongShapes,
    digest_of_bytes,
    from_bytes,
    to_bytes,
)

ENCODER = "e" * 64


def net() -> PrmNet:
    made = PrmNet()
    start_from_seed(made, 3)
    return made


def saved(made: PrmNet | PolicyNet) -> bytes:
    return to_bytes(made, encoder_digest=ENCODER, metadata={"seed": 3})


def loaded(data: bytes, kind: Kind = "prm", encoder: str = ENCODER, digest: str = "") -> Saved:
    digest = digest or digest_of_bytes(data)
    return from_bytes(data, digest=digest, kind=kind, encoder_digest=encoder)


def test_a_net_comes_back_with_its_metadata() -> None:
    found = loaded(saved(net()))
    for name, tensor in net().state_dict().items():
        assert torch.equal(tensor, found.net.state_dict()[name])
    assert found.metadata["seed"] == 3
    assert found.metadata["workers"] == [
        "math",
        "code",
        "logic",
        "factual",
        "creative",
        "analysis",
    ]
    assert loaded(saved(PolicyNet()), "policy").net.training is False


def test_the_same_net_has_the_same_address() -> None:
    assert digest_of_bytes(saved(net())) == digest_of_bytes(saved(net()))


@pytest.mark.parametrize("kept", [0, 4, 40, 2000, -1])
def test_a_file_that_is_cut_short_is_refused(kept: int) -> None:
    with pytest.raises(Truncated):
        loaded(saved(net())[:kept], digest=digest_of_bytes(saved(net())))


def test_what_is_no_safetensors_file_is_refused() -> None:
    with pytest.raises(BadSnapshot):
        loaded(b"\x02\x00\x00\x00\x00\x00\x00\x00[]" + b"pickle" * 100)


def test_one_flipped_bit_is_refused() -> None:
    data = bytearray(saved(net()))
    data[-5] ^= 1
    with pytest.raises(WrongDigest):
        loaded(bytes(data), digest=digest_of_bytes(saved(net())))


def test_another_kind_of_net_is_refused() -> None:
    with pytest.raises(WrongKind):
        loaded(saved(net()), "policy")
    with pytest.raises(WrongKind):
        loaded(save(net().state_dict()))


def test_a_net_for_another_encoder_is_refused() -> None:
    with pytest.raises(OtherEncoder):
        loaded(saved(net()), encoder="f" * 64)


def test_a_net_for_other_workers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = saved(net())
    monkeypatch.setattr(weights, "WORKERS", ("math", "code"))
    with pytest.raises(OtherWorkers, match="math, code, logic"):
        loaded(data)


def test_a_weight_of_another_shape_or_type_is_refused() -> None:
    metadata = {"kernelweave": json.dumps(loaded(saved(net())).metadata)}
    tensors = net().state_dict()
    for wrong in (
        {**tensors, "score.bias": torch.zeros(2)},
        {**tensors, "score.bias": torch.zeros(1, dtype=torch.float64)},
        {name: one for name, one in tensors.items() if name != "score.bias"},
    ):
        with pytest.raises(WrongShapes):
            loaded(save(wrong, metadata=metadata))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_weight_that_is_no_number_is_refused(bad: float) -> None:
    made = net()
    with torch.no_grad():
        made.second.weight[0, 0] = bad
    with pytest.raises(NotFiniteWeights, match=r"second\.weight"):
        loaded(saved(made))
