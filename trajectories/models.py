"""Records of what happened: who asked, what was accepted, what was done, and how it was judged."""

import uuid

from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone
from pgvector.django import VectorField

from trajectories import ratings
from trajectories.agent_models import AgentSession, AgentTurn
from trajectories.json_field import OrderedJSONField
from trajectories.receipt_models import ReceiptKey, SignedReceipt
from trajectories.retraction_models import Retraction
from trajectories.rollup_models import Rollup, RollupProgress, StaleHour
from trajectories.search_models import SearchRecord
from trajectories.standing_models import DomainBaseline, Weight

__all__ = [
    "AgentSession",
    "AgentTurn",
    "ApiKey",
    "Client",
    "DomainBaseline",
    "Event",
    "Feedback",
    "ReceiptKey",
    "Retraction",
    "Rollup",
    "RollupProgress",
    "Run",
    "SearchRecord",
    "SignedReceipt",
    "StaleHour",
    "Trajectory",
    "Weight",
]

EMBEDDING_DIMENSIONS = 384


class Client(models.Model):
    """An internal app. Every row of its traffic belongs to it."""

    name = models.CharField(max_length=100, unique=True)
    active = models.BooleanField(default=True)
    requests_per_minute = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Quota over a minute, at least 1; empty means unlimited. "
        "To shut a client out, make it inactive.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class ApiKey(models.Model):
    """A secret a client signs in with; only its SHA-256 is stored."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="api_keys")
    label = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, help_text="First characters, to tell keys apart.")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.label})"


class Run(models.Model):
    """A request that was accepted. The row is committed before any work starts."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="runs")
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    request = OrderedJSONField(help_text="The accepted request.")
    decision = models.JSONField(help_text="The route decision, with every candidate.")
    embedding = VectorField(dimensions=EMBEDDING_DIMENSIONS)
    encoder_digest = models.CharField(max_length=64)
    response = models.JSONField(null=True, blank=True)
    error = models.JSONField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_by = models.CharField(max_length=100, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["client", "-created_at"]),
            models.Index(fields=["-created_at"]),
            models.Index(
                fields=["lease_expires_at"],
                condition=models.Q(status="running"),
                name="run_leases",
            ),
            models.Index(
                fields=["created_at"], condition=models.Q(status="queued"), name="run_queue"
            ),
            models.Index(
                fields=["-created_at"], condition=models.Q(status="failed"), name="run_failed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} ({self.status})"

    @property
    def is_finished(self) -> bool:
        return self.status not in (self.Status.QUEUED, self.Status.RUNNING)


class Trajectory(models.Model):
    """What was done for one request or by an agent, how it was checked, and what it was worth.

    An agent's has no run, a `turn` instead, and is open until it is closed.
    """

    class Route(models.TextChoices):
        KERNEL = "kernel"
        GENERATION = "generation"
        REUSE = "reuse"
        SEARCH = "search"
        AGENT = "agent"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.OneToOneField(
        Run, null=True, blank=True, on_delete=models.PROTECT, related_name="trajectory"
    )
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="trajectories")
    prompt = models.TextField()
    system = models.TextField(blank=True)
    plain = models.BooleanField(
        help_text="One user turn, no tools: the kind of request a kernel can take over."
    )
    signature = models.CharField(
        max_length=64, help_text="Digest of the system prompt and the requested output schema."
    )
    output_schema = OrderedJSONField(null=True, blank=True)
    question_digest = models.CharField(
        max_length=64, blank=True, help_text="Digest of what the prompt asks, in canonical form."
    )
    embedding = VectorField(
        dimensions=EMBEDDING_DIMENSIONS, null=True, help_text="Empty until an agent's is closed."
    )
    encoder_digest = models.CharField(max_length=64, blank=True)
    domain = models.CharField(
        max_length=200, blank=True, help_text="What its reward is compared with."
    )
    route = models.CharField(max_length=12, choices=Route)
    route_reason = models.TextField()
    kernel_name = models.CharField(max_length=100, blank=True)
    kernel_version = models.UUIDField(null=True, blank=True)
    reused = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="reuses"
    )
    output_text = models.TextField(blank=True)
    output = OrderedJSONField(null=True, blank=True, help_text="The output as JSON, if it is JSON.")
    checks = models.JSONField(default=list)
    verified = models.BooleanField(
        null=True, help_text="All checks passed; empty when there was nothing to check against."
    )
    model = models.CharField(max_length=200)
    adapter = models.CharField(
        max_length=120,
        blank=True,
        db_default="",
        help_text="The adapter that answered; empty: none.",
    )
    prompt_tokens = models.PositiveIntegerField(default=0)
    completion_tokens = models.PositiveIntegerField(default=0)
    duration_ms = models.FloatField()
    reward = models.FloatField(null=True, blank=True)
    reward_parts = models.JSONField(null=True, blank=True)
    advantage = models.FloatField(
        null=True, blank=True, help_text="Its reward less the mean of its domain."
    )
    scored_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True, default=timezone.now)
    retracted_at = models.DateTimeField(
        null=True, blank=True, help_text="From then on nothing is made of it."
    )

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "trajectories"
        indexes = [
            models.Index(fields=["client", "signature", "-created_at"]),
            models.Index(fields=["-created_at"]),
            models.Index(fields=["kernel_version", "-created_at"]),
            models.Index(
                fields=["client", "question_digest", "-created_at"],
                condition=~models.Q(question_digest=""),
                name="trajectory_questions",
            ),
            models.Index(
                fields=["created_at"],
                condition=models.Q(scored_at=None, closed_at__isnull=False),
                name="trajectory_unscored",
            ),
            models.Index(
                fields=["created_at"], condition=models.Q(closed_at=None), name="trajectory_open"
            ),
            models.Index(
                fields=["-created_at"],
                condition=models.Q(retracted_at__isnull=False),
                name="trajectory_retracted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prompt[:60]} ({self.route})"

    @property
    def state(self) -> str:
        """`retracted`, `open` or `closed`."""
        if self.retracted_at is not None:
            return "retracted"
        return "open" if self.closed_at is None else "closed"

    @property
    def answered_run(self) -> Run:
        """The run that it answers. Raises ValueError: an agent's answers none."""
        if self.run is None:
            raise ValueError("an agent's trajectory answers no run")
        return self.run


class Event(models.Model):
    """One thing that was observed while a trajectory unfolded.

    The table is partitioned by month of `at` (`trajectories.partitions`), so its key in the
    database is (id, at). `key` is the sender's name for it: what is sent twice is kept once.
    """

    class Kind(models.TextChoices):
        PLAN = "plan"
        REASONING = "reasoning"
        TOOL_CALL = "tool_call"
        TOOL_RESULT = "tool_result"
        DECISION = "decision"
        OBSERVATION = "observation"
        EVIDENCE = "evidence"
        VERIFICATION = "verification"
        FAILURE = "failure"
        MESSAGE = "message"

    trajectory = models.ForeignKey(Trajectory, on_delete=models.CASCADE, related_name="events")
    sequence = models.PositiveIntegerField()
    key = models.UUIDField(null=True, blank=True)
    kind = models.CharField(max_length=12, choices=Kind)
    payload = models.JSONField()
    at = models.DateTimeField()
    duration_ms = models.FloatField(null=True, blank=True)

    class Meta:
        ordering = ["trajectory", "sequence"]
        indexes = [models.Index(fields=["trajectory", "sequence"], name="event_order")]
        constraints = [
            models.UniqueConstraint(
                fields=["trajectory", "key", "at"],
                condition=models.Q(key__isnull=False),
                name="event_key",
            )
        ]

    def __str__(self) -> str:
        return f"{self.sequence}. {self.kind}"


class Feedback(models.Model):
    """What a person or a downstream system said about an answer."""

    class Verdict(models.TextChoices):
        CORRECT = "correct"
        INCORRECT = "incorrect"

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="feedback")
    trajectory = models.ForeignKey(Trajectory, on_delete=models.CASCADE, related_name="feedback")
    verdict = models.CharField(max_length=10, choices=Verdict, blank=True)
    rating = models.PositiveSmallIntegerField(null=True, blank=True, help_text="1 to 5.")
    comment = models.TextField(blank=True)
    answer = models.TextField(
        blank=True, db_default="", help_text="What would have been right, where that was said."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    APPROVALS = models.Q(verdict=Verdict.CORRECT) | models.Q(rating__gte=ratings.GOOD_FROM)
    DENIALS = models.Q(verdict=Verdict.INCORRECT) | models.Q(rating__lte=ratings.BAD_TO)

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "feedback"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(rating__isnull=True) | models.Q(rating__range=(1, ratings.BEST)),
                name="feedback_rating_range",
            ),
            models.CheckConstraint(
                condition=~models.Q(verdict="") | models.Q(rating__isnull=False),
                name="feedback_says_something",
            ),
        ]

    def __str__(self) -> str:
        return self.verdict or f"{self.rating} of {ratings.BEST}"

    @property
    def approves(self) -> bool | None:
        """Whether the answer was good; None for a rating in the middle, which says neither."""
        if self.verdict:
            return self.verdict == self.Verdict.CORRECT
        if self.rating is None or ratings.BAD_TO < self.rating < ratings.GOOD_FROM:
            return None
        return self.rating >= ratings.GOOD_FROM

    @property
    def is_negative(self) -> bool:
        """As `DENIALS` has it."""
        denied = self.rating is not None and self.rating <= ratings.BAD_TO
        return self.verdict == self.Verdict.INCORRECT or denied
