"""How much of recent traffic a version would take, from whom: the real router, asked twice."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kernels.encoder import embed_deep, encoder_digest
from kernels.hypothetical import newcomer, serving
from kernels.models import KernelVersion
from kernels.routing import NO_CALIBRATION, live_fit
from trajectories.models import Trajectory
from workers.asked import asked_of, limits
from workers.recent_traffic import Traffic
from workers.request import ChatRequest

Tell = Callable[[int, int], None]  # done, of


@dataclass(frozen=True)
class BlastRadius:
    """What a version would take of the traffic; `nothing` says why that cannot be told."""

    traffic: Traffic
    taken: tuple[Trajectory, ...] = ()
    from_kernels: tuple[str, ...] = ()  # who serves each that it would take; empty: no kernel
    pushed_out: tuple[str, ...] = ()  # kernels that would not serve what they serve, nor it
    nothing: str = ""

    def as_json(self) -> dict[str, Any]:
        clients = Counter(str(one.client) for one in self.taken)
        domains = Counter(one.domain or "(none)" for one in self.taken)
        before = Counter(name or "no kernel" for name in self.from_kernels)
        return {
            "looked_at": len(self.traffic.requests),
            "days": round(self.traffic.days, 2),
            "cut": self.traffic.cut,
            "taken": len(self.taken),
            "a_day": round(self.traffic.a_day(len(self.taken)), 3),
            "clients": dict(clients.most_common(20)),
            "families": dict(domains.most_common(20)),
            "from": dict(before.most_common(20)),
            "pushed_out": dict(Counter(self.pushed_out).most_common(20)),
            "nothing": self.nothing,
        }


def blast_radius(version: KernelVersion, traffic: Traffic, tell: Tell) -> BlastRadius:
    """Routes each request as it is, and as if the version were live."""
    one, encoder = newcomer(version), encoder_digest()
    if one is None:
        return BlastRadius(traffic, nothing="it has no exemplar by which it could be found")
    if version.encoder_digest != encoder:
        return BlastRadius(traffic, nothing="its exemplars are of another encoder")
    fit = live_fit(encoder)
    if fit is None:
        return BlastRadius(traffic, nothing=NO_CALIBRATION)
    taken, lost, pushed = [], [], []
    for done, trajectory in enumerate(traffic.requests):
        tell(done, len(traffic.requests))
        request = ChatRequest(**trajectory.answered_run.request)
        if request.beyond_kernels or request.names_its_search:
            continue
        found = serving(
            one,
            asked=asked_of(request, embed_deep(request.prompt)),
            fit=fit,
            encoder=encoder,
            client_id=trajectory.client_id,
            **limits(),
        )
        now = found.now.kernel if found.now else ""
        if found.then is not None and found.then.version_id == str(version.pk):
            taken.append(trajectory)
            lost.append(now)
        elif now and found.then is None:
            pushed.append(now)
    return BlastRadius(traffic, tuple(taken), tuple(lost), tuple(pushed))
