"""A net as safetensors bytes, its metadata in the header, and what makes bytes unusable."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor

from training.nets.policy import PolicyNet
from training.nets.prm import PrmNet
from training.nets.roster import WORKERS, Kind
from trajectories.errors import KernelWeaveError

Net = PolicyNet | PrmNet

FORMAT = "1"
KEY = "kernelweave"  # of the metadata in the header


class BadSnapshot(KernelWeaveError):
    """The snapshot cannot be used."""


class Truncated(BadSnapshot):
    """The file is cut short, or is no safetensors file."""


class WrongDigest(BadSnapshot):
    """The bytes are not those that were published."""


class WrongKind(BadSnapshot):
    """The file holds another net, or one of another format."""


class OtherEncoder(BadSnapshot):
    """The net was fitted on embeddings of another encoder."""


class OtherWorkers(BadSnapshot):
    """The net was fitted for other workers, or in another order."""


class WrongShapes(BadSnapshot):
    """A weight is missing, or has another shape or type."""


class NotFiniteWeights(BadSnapshot):
    """A weight is NaN or infinite."""


@dataclass(frozen=True, eq=False)
class Saved:
    """A net, and what was written down beside it."""

    net: Net
    metadata: dict[str, Any]


def digest_of_bytes(data: bytes) -> str:
    """SHA-256 (hex): the address of a snapshot."""
    return hashlib.sha256(data).hexdigest()


def kind_of(net: Net) -> Kind:
    return "policy" if isinstance(net, PolicyNet) else "prm"


def to_bytes(net: Net, *, encoder_digest: str, metadata: Mapping[str, Any]) -> bytes:
    """safetensors. The same net with the same metadata gives the same bytes."""
    own = {
        "format": FORMAT,
        "kind": kind_of(net),
        "encoder_digest": encoder_digest,
        "workers": list(WORKERS),
    }
    # One entry: safetensors writes several in any order.
    header = {KEY: json.dumps({**metadata, **own}, sort_keys=True)}
    return save({name: t.contiguous() for name, t in net.state_dict().items()}, metadata=header)


def from_bytes(data: bytes, *, digest: str, kind: Kind, encoder_digest: str) -> Saved:
    """Reads what `to_bytes` gave. Raises the BadSnapshot that says what is wrong."""
    header = _header(data)
    if digest_of_bytes(data) != digest:
        raise WrongDigest()
    metadata = json.loads(header.get("__metadata__", {}).get(KEY, "{}"))
    if metadata.get("format") != FORMAT or metadata.get("kind") != kind:
        raise WrongKind()
    if metadata["encoder_digest"] != encoder_digest:
        raise OtherEncoder()
    if tuple(metadata["workers"]) != WORKERS:
        raise OtherWorkers(f"The net was fitted for the workers {', '.join(metadata['workers'])}.")
    net = PolicyNet() if kind == "policy" else PrmNet()
    tensors = load(data)
    _require_fitting(net.state_dict(), tensors)
    net.load_state_dict(tensors)
    return Saved(net.eval(), metadata)


def _header(data: bytes) -> dict[str, Any]:
    """The JSON at the start: 8 bytes say how long it is; then come the tensors, without a gap."""
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or len(data) < 8 + length:
        raise Truncated()
    try:
        header: dict[str, Any] = json.loads(data[8 : 8 + length])
        ends = [one["data_offsets"][1] for name, one in header.items() if name != "__metadata__"]
    except (ValueError, AttributeError, TypeError, KeyError) as error:
        raise Truncated() from error
    if len(data) < 8 + length + max(ends, default=0):
        raise Truncated()
    return header


def _require_fitting(wanted: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> None:
    if wanted.keys() != found.keys():
        raise WrongShapes(f"The weights are {', '.join(sorted(found))}.")
    for name, tensor in found.items():
        like = wanted[name]
        if tensor.shape != like.shape or tensor.dtype != like.dtype:
            raise WrongShapes(
                f"{name} is {tuple(tensor.shape)} {tensor.dtype}; {tuple(like.shape)} {like.dtype} "
                "is right."
            )
        if not bool(torch.isfinite(tensor).all()):
            raise NotFiniteWeights(f"{name} has a weight that is NaN or infinite.")
