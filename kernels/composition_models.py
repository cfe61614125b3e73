"""What we know of compositions: plans over kernels, who decided about them, how their runs went."""

import uuid

from django.conf import settings
from django.db import models

from trajectories.models import Client


class Composition(models.Model):
    """A plan over kernels that passed the static check, with its state and its record."""

    class State(models.TextChoices):
        CANDIDATE = "candidate"
        LIVE = "live"
        RETIRED = "retired"
        REJECTED = "rejected"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(
        Client,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="compositions",
        help_text="Who may run it; empty means everybody.",
    )
    name = models.SlugField(max_length=100)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.CANDIDATE)
    plan = models.JSONField(help_text="The composition as data: name, input schema, nodes.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the plan in canonical JSON.")
    input_schema = models.JSONField(help_text="What it takes.")
    output_schema = models.JSONField(help_text="What it gives, as far as the check can tell.")
    evidence = models.JSONField(default=dict, help_text="Its kernels, and what the check found.")
    passes = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    decision_reason = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["client", "name", "number"],
                nulls_distinct=False,
                name="composition_number",
            ),
            models.UniqueConstraint(
                fields=["client", "name"],
                condition=models.Q(state="live"),
                nulls_distinct=False,
                name="one_live_composition",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.number} ({self.state})"

    @property
    def is_open(self) -> bool:
        """Whether it serves, or waits for a decision."""
        return self.state in (self.State.CANDIDATE, self.State.LIVE)


class CompositionReview(models.Model):
    """Who decided what about a composition, when and why. Never changed afterwards."""

    class Action(models.TextChoices):
        APPROVE = "approve"
        REJECT = "reject"
        RETIRE = "retire"

    composition = models.ForeignKey(Composition, on_delete=models.PROTECT, related_name="reviews")
    action = models.CharField(max_length=10, choices=Action)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    reason = models.TextField(blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.action} {self.composition}"


class PlanRun(models.Model):
    """A composition under way on one input. The row is committed before any step starts."""

    class Status(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="plan_runs")
    composition = models.ForeignKey(Composition, on_delete=models.PROTECT, related_name="runs")
    status = models.CharField(max_length=10, choices=Status, default=Status.RUNNING)
    input = models.JSONField()
    versions = models.JSONField(help_text="Id of the version of each kernel, by its digest.")
    state = models.JSONField(help_text="The interpreter's state: all there is between two steps.")
    output = models.JSONField(null=True, blank=True)
    error = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    driven_at = models.DateTimeField(auto_now_add=True, help_text="When it was last looked at.")
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["client", "-created_at"]),
            models.Index(
                fields=["driven_at"], condition=models.Q(status="running"), name="plan_run_driven"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.status})"

    @property
    def is_finished(self) -> bool:
        return self.status != self.Status.RUNNING


class StepRun(models.Model):
    """One step of a plan run: a kernel to run, or to roll back. Workers claim it with a lease."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    class Action(models.TextChoices):
        RUN = "run"
        UNDO = "undo", "roll back"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    plan_run = models.ForeignKey(PlanRun, on_delete=models.CASCADE, related_name="steps")
    step = models.CharField(max_length=300, help_text="Its place in the plan.")
    action = models.CharField(max_length=4, choices=Action)
    kernel = models.CharField(max_length=100)
    kernel_version = models.UUIDField()
    input = models.JSONField()
    to_undo = models.JSONField(null=True, blank=True, help_text="The output to roll back.")
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    output = models.JSONField(null=True, blank=True)
    failure = models.TextField(blank=True)
    checks = models.JSONField(default=list)
    model = models.CharField(max_length=200, blank=True)
    prompt_tokens = models.PositiveIntegerField(default=0)
    completion_tokens = models.PositiveIntegerField(default=0)
    told = models.BooleanField(default=False, help_text="The plan's state has its result.")
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_by = models.CharField(max_length=100, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "step"]
        constraints = [
            models.UniqueConstraint(fields=["plan_run", "step"], name="one_row_a_step"),
        ]
        indexes = [
            models.Index(
                fields=["lease_expires_at"],
                condition=models.Q(status="running"),
                name="step_run_leases",
            ),
            models.Index(
                fields=["created_at"], condition=models.Q(status="queued"), name="step_run_queue"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.kernel} ({self.status})"
