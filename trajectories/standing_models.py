"""What rewards add up to: baselines of domains, weights of what is chosen among."""

from django.db import models


class DomainBaseline(models.Model):
    """The mean reward of a client's scored trajectories in a domain (row KR4)."""

    client = models.ForeignKey(
        "trajectories.Client", on_delete=models.CASCADE, related_name="baselines"
    )
    domain = models.CharField(max_length=200)
    total = models.FloatField(default=0.0)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "domain"], name="domain_baseline")]

    def __str__(self) -> str:
        return self.domain

    @property
    def value(self) -> float | None:
        """Mean reward in [0, 1]; None before the first."""
        return self.total / self.count if self.count else None


class Weight(models.Model):
    """How well a skill does, as a moving average of rewards (row KR7), in [.5, 1.5]."""

    client = models.ForeignKey(
        "trajectories.Client", on_delete=models.CASCADE, related_name="weights"
    )
    skill = models.CharField(max_length=200)
    value = models.FloatField(default=1.0)
    updates = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "skill"], name="skill_weight")]

    def __str__(self) -> str:
        return f"{self.skill} {self.value:.2f}"
