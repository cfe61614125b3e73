"""How far a family has come: its successes, its candidates, its live kernel."""

from dataclasses import dataclass

from django.conf import settings

from kernels.models import KernelVersion
from trajectories.models import Client, Feedback, Trajectory

State = KernelVersion.State


@dataclass(frozen=True)
class Standing:
    """A family's versions, newest first, and the successes that count towards a candidate."""

    successes: int
    versions: tuple[KernelVersion, ...]

    @property
    def live(self) -> KernelVersion | None:
        return next((v for v in self.versions if v.state == State.LIVE), None)

    @property
    def candidates(self) -> list[KernelVersion]:
        return [v for v in self.versions if v.state == State.CANDIDATE]

    @property
    def is_settled(self) -> bool:
        """Whether there is something to approve, or something approved."""
        return self.live is not None or bool(self.candidates)

    @property
    def may_settle(self) -> bool:
        """Whether a candidate may still come of what there is."""
        enough = self.successes >= settings.KW_PROMOTE_MIN_SUCCESSES
        return enough and not self.is_settled

    @property
    def obstacle(self) -> str:
        """Why there is no candidate yet; empty when there is one."""
        if self.is_settled:
            return ""
        needed = settings.KW_PROMOTE_MIN_SUCCESSES
        said = f"{self.successes} verified successes so far; {needed} of one family are needed"
        held = next((v for v in self.versions if v.state == State.QUARANTINED), None)
        if held is not None:
            return f"{held} is in quarantine: {held.decision_reason or 'it was wrong too often'}"
        turned_down = next((v for v in self.versions if v.state == State.REJECTED), None)
        if turned_down is not None:
            return f"{said}; {turned_down} was turned down: {turned_down.decision_reason}"
        return said


def standing_of(*, client: Client, signature: str) -> Standing:
    """The standing of one kind of call of a client."""
    kind = {"client": client, "signature": signature}
    refused = Feedback.objects.filter(verdict=Feedback.Verdict.INCORRECT).values("trajectory")
    successes = Trajectory.objects.filter(
        **kind, plain=True, route=Trajectory.Route.GENERATION, verified=True
    ).exclude(pk__in=refused)
    learned = KernelVersion.objects.filter(kernel__client=client, sources__signature=signature)
    versions = KernelVersion.objects.filter(pk__in=learned.values("pk")).select_related("kernel")
    newest = versions.order_by("-created_at")
    return Standing(successes.count(), tuple(newest))
