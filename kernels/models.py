"""What we know: kernels, their versions, the prompts they are found by, and who decided what."""

import uuid

from django.conf import settings
from django.db import models
from pgvector.django import HnswIndex, VectorField

from kernels.cache_models import CacheEntry, CacheHit, NearReuse
from kernels.composition_models import Composition, CompositionReview, PlanRun, StepRun
from kernels.embedding_models import EmbeddingUse, KeptEmbedding
from kernels.learned_models import Calibration, RoutingHead
from kernels.replay_models import CandidateReplay
from kernels.second_models import SecondReview
from kernels.shadow_models import RoutingSwitch, ShadowRecord
from kernels.skill_models import Skill, SkillVector
from trajectories.json_field import OrderedJSONField
from trajectories.models import EMBEDDING_DIMENSIONS, Client, Trajectory

__all__ = [
    "CacheEntry",
    "CacheHit",
    "Calibration",
    "CandidateReplay",
    "Composition",
    "CompositionReview",
    "EmbeddingUse",
    "Exemplar",
    "KeptEmbedding",
    "Kernel",
    "KernelVersion",
    "NearReuse",
    "PlanRun",
    "ReviewAction",
    "RoutingHead",
    "RoutingSwitch",
    "SecondReview",
    "ShadowRecord",
    "Skill",
    "SkillVector",
    "StepRun",
]


class Kernel(models.Model):
    """A named skill. Its versions hold the contract and the recipe."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(
        Client,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="kernels",
        help_text="Whose traffic it may serve; empty means everybody's.",
    )
    name = models.SlugField(max_length=100, unique=True)
    family = models.CharField(max_length=100)
    description = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class KernelVersion(models.Model):
    """One contract and recipe of a kernel, with its state and its record."""

    class State(models.TextChoices):
        CANDIDATE = "candidate"
        LIVE = "live"
        RETIRED = "retired"
        REJECTED = "rejected"
        QUARANTINED = "quarantined"  # was live, and was wrong more often than the operator allows

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kernel = models.ForeignKey(Kernel, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=State, default=State.CANDIDATE)
    spec = OrderedJSONField(help_text="The kernel as data: contract, recipe, tests.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the spec in canonical JSON.")
    profile = models.JSONField(default=dict, help_text="What its prompts have in common.")
    description_embedding = VectorField(dimensions=EMBEDDING_DIMENSIONS)
    encoder_digest = models.CharField(max_length=64)
    confidence = models.FloatField(default=0.5)
    passes = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    evidence = models.JSONField(default=dict, help_text="Why it was proposed: gate and replay.")
    sources = models.ManyToManyField(Trajectory, blank=True, related_name="shaped_versions")
    decision_reason = models.TextField(blank=True)
    flag = models.TextField(blank=True, help_text="Why somebody should look at it again.")
    edited_from = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="edits",
        help_text="The version whose contract a person edited.",
    )
    expected_value = models.FloatField(
        null=True, blank=True, help_text="Tokens that it would save a day; empty: not known."
    )
    value = models.JSONField(default=dict, help_text="What the expected value is made of.")
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["kernel", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["kernel", "number"], name="version_number"),
            models.UniqueConstraint(
                fields=["kernel"], condition=models.Q(state="live"), name="one_live_version"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kernel.name} v{self.number} ({self.state})"

    @property
    def mutation_score(self) -> float | None:
        """Share of wrong outputs that its contract refuses; None when it was not measured."""
        score: float | None = self.evidence.get("mutation", {}).get("score")
        return score

    @property
    def gate_pending(self) -> bool:
        """Whether the regression gate has yet to be run on it."""
        return bool(self.evidence.get("gate", {}).get("pending"))

    @property
    def evidence_debt(self) -> int:
        """Verdicts still missing before the record says more than the compiler did."""
        return max(0, 10 - self.passes - self.failures)


class Exemplar(models.Model):
    """A prompt that a version answers, with a good answer; routing searches over these."""

    version = models.ForeignKey(KernelVersion, on_delete=models.CASCADE, related_name="exemplars")
    prompt = models.TextField()
    output = OrderedJSONField(null=True, blank=True)
    embedding = VectorField(dimensions=EMBEDDING_DIMENSIONS)
    encoder_digest = models.CharField(max_length=64)
    trajectory = models.ForeignKey(
        Trajectory, null=True, blank=True, on_delete=models.SET_NULL, related_name="exemplars"
    )
    live = models.BooleanField(default=False, help_text="Its version is live; routing sees it.")

    class Meta:
        indexes = [
            HnswIndex(
                name="live_exemplars",
                fields=["embedding"],
                opclasses=["vector_cosine_ops"],
                condition=models.Q(live=True),
            )
        ]

    def __str__(self) -> str:
        return self.prompt[:80]


class ReviewAction(models.Model):
    """Who decided what about a version, when and why. Never changed afterwards."""

    class Action(models.TextChoices):
        APPROVE = "approve"
        OVERRIDE = "override", "approve anyway"
        REJECT = "reject"
        ROLL_BACK = "roll back"
        QUARANTINE = "quarantine"
        RELEASE = "release"
        EDIT = "edit"
        ASK = "ask", "ask for a second reviewer"
        SECOND = "second", "second review"
        WITHDRAW = "withdraw", "withdraw the second review"
        UNDO = "undo"

    version = models.ForeignKey(KernelVersion, on_delete=models.PROTECT, related_name="reviews")
    action = models.CharField(max_length=10, choices=Action)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    reason = models.TextField(blank=True)
    changes = models.JSONField(
        default=list, help_text="The versions that it moved: from which state to which."
    )
    undoes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="undone_by"
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.action} {self.version}"
