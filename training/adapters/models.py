"""Adapters and where each stands: candidate, shadow, canary, live; and what they were held to."""

from django.db import models
from django.utils import timezone

from training.lora.models import LoraRun
from trajectories.models import Client, Trajectory


class Adapter(models.Model):
    """A fine-tuned adapter for one family: a client's requests of one signature.

    Its name is its own for ever: another adapter never gets it.
    """

    class State(models.TextChoices):
        CANDIDATE = "candidate"  # is served by its name alone, to be evaluated
        SHADOW = "shadow"  # answers beside what is live; nobody gets its answers
        CANARY = "canary"  # answers a share of the family's requests
        LIVE = "live"
        RETIRED = "retired"  # another took its place
        REJECTED = "rejected"  # did not beat what was live
        ROLLED_BACK = "rolled back"  # was worse than what it replaced

    SERVED = (State.CANDIDATE, State.SHADOW, State.CANARY, State.LIVE)
    RISING = (State.SHADOW, State.CANARY)

    name = models.CharField(max_length=120, unique=True, help_text="By which it is served.")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="adapters")
    signature = models.CharField(max_length=64, help_text="Of the requests that it may answer.")
    label = models.CharField(max_length=200, help_text="The family, for people.")
    base_model = models.CharField(max_length=200, help_text="As the model server calls it.")
    state = models.CharField(max_length=12, choices=State, default=State.CANDIDATE)
    run = models.OneToOneField(LoraRun, on_delete=models.PROTECT, related_name="adapter")
    digest = models.CharField(max_length=64, help_text="SHA-256 of its archive.")
    archive = models.CharField(
        max_length=200, help_text="safetensors and metadata, in the storage."
    )
    gguf = models.CharField(
        max_length=200, blank=True, help_text="Converted for llama.cpp, in the storage."
    )
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="successors",
        help_text="What answered before; none: the base model.",
    )
    metrics = models.JSONField(default=dict, help_text="What the gate and the canary counted.")
    reason = models.TextField(blank=True, help_text="Why it stands where it does.")
    flag = models.TextField(blank=True, help_text="Why it should be trained again.")
    flagged_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    state_since = models.DateTimeField(default=timezone.now)
    server_url = models.CharField(
        max_length=200, blank=True, help_text="Where it is served now; empty: nowhere yet."
    )
    slot = models.PositiveIntegerField(
        null=True, blank=True, help_text="Its number at that server, where adapters have numbers."
    )

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["client", "signature", "base_model"],
                condition=models.Q(state="live"),
                name="one_live_adapter_a_family",
            ),
            models.UniqueConstraint(
                fields=["client", "signature", "base_model"],
                condition=models.Q(state__in=["shadow", "canary"]),
                name="one_rising_adapter_a_family",
            ),
        ]
        indexes = [models.Index(fields=["client", "signature", "state"])]

    def __str__(self) -> str:
        return f"{self.name} ({self.state})"

    @property
    def is_served(self) -> bool:
        return bool(self.server_url)


class AdapterTrial(models.Model):
    """An answer of an adapter in shadow, beside the one that was given; both were checked."""

    adapter = models.ForeignKey(Adapter, on_delete=models.CASCADE, related_name="trials")
    trajectory = models.ForeignKey(
        Trajectory, on_delete=models.CASCADE, related_name="adapter_trials"
    )
    output_text = models.TextField(blank=True)
    verified = models.BooleanField(null=True, help_text="Of the adapter's answer.")
    live_verified = models.BooleanField(null=True, help_text="Of the answer that was given.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["adapter", "trajectory"], name="one_trial_an_answer")
        ]

    def __str__(self) -> str:
        return f"{self.adapter.name}: {self.trajectory_id}"


class AdapterMove(models.Model):
    """Who moved an adapter from one state to another, when and why. Never changed afterwards."""

    adapter = models.ForeignKey(Adapter, on_delete=models.CASCADE, related_name="moves")
    before = models.CharField(max_length=12, choices=Adapter.State)
    after = models.CharField(max_length=12, choices=Adapter.State)
    by = models.CharField(max_length=150, blank=True, help_text="Empty: the service itself.")
    reason = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.adapter.name}: {self.before} to {self.after}"
