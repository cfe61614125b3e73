"""Finds the kernel for a prompt: nearest exemplars, calibrated, checked, explained."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Q, Subquery
from pgvector.django import CosineDistance

from kernels.calibration import Calibrator
from kernels.conditions.checks import Check, Subject
from kernels.decision import Candidate, RouteDecision
from kernels.encoder import Vector, encoder_digest, last_mean
from kernels.head_routing import LiveHead, by_head, live_head
from kernels.matching import Features, Profile, intent_match, length_ratio, lexical_support
from kernels.models import Calibration, Exemplar, KernelVersion, RoutingHead
from kernels.spec import KernelSpec, digest_of
from kernels.verify import verify

MIN_VERDICTS = 5
NO_CALIBRATION = "no calibration is live for this encoder: run load_kernels"


@dataclass(frozen=True)
class Asked:
    """What routing needs to know of a request."""

    input: dict[str, Any]  # from `slots.bind`
    layers: Vector  # from `encoder.embed_deep`
    output_schema: dict[str, Any] | None = None
    wants_json: bool = False
    beyond_kernels: str = ""
    systems: tuple[str, ...] = ()  # each system message; `input` has them in one text
    any_call: bool = False  # whatever kind of call a kernel answers, this is one

    @property
    def prompt(self) -> str:
        return str(self.input["prompt"])

    @property
    def vector(self) -> Vector:
        """The plain embedding, (384,)."""
        plain: Vector = last_mean(self.layers[None])[0]
        return plain


@dataclass(frozen=True)
class VersionFacts:
    """What never changes about a version, as values."""

    kernel: str
    version_id: UUID
    number: int
    digest: str
    spec: KernelSpec
    profile: Profile
    description: Vector
    client: int | None = None  # whose it is; None: everybody's


@dataclass(frozen=True)
class Near:
    """A kernel version near a prompt: its exemplars by similarity, and its record so far."""

    facts: VersionFacts
    exemplars: tuple[tuple[int, float], ...]  # id, cosine similarity
    confidence: float
    passes: int
    failures: int

    @property
    def similarity(self) -> float:
        return self.exemplars[0][1]

    @property
    def verdicts(self) -> int:
        return self.passes + self.failures

    @property
    def pass_rate(self) -> float | None:
        """Share of the verdicts that were passes; None while there are too few to tell."""
        return self.passes / self.verdicts if self.verdicts >= MIN_VERDICTS else None


@lru_cache(maxsize=4096)
def version_facts(version_id: UUID) -> VersionFacts:
    """Reads the unchanging part of a version once a process."""
    version = KernelVersion.objects.select_related("kernel").get(pk=version_id)
    return VersionFacts(
        version.kernel.name,
        version.pk,
        version.number,
        version.digest,
        KernelSpec.model_validate(version.spec),
        Profile.from_json(version.profile),
        np.asarray(version.description_embedding, dtype=np.float32),
        version.kernel.client_id,
    )


@lru_cache(maxsize=4)
def _calibrator(pk: int) -> Calibrator:
    return Calibrator.from_json(Calibration.objects.values_list("weights", flat=True).get(pk=pk))


def route(*, client_id: int, asked: Asked, top_k: int, min_pass_rate: float) -> RouteDecision:
    """Decides between the best kernel and generation; every candidate is explained.

    A kernel that was judged at least `MIN_VERDICTS` times must have passed `min_pass_rate` of them.
    Where a trained head is live, it speaks for the kernels that it knows, but for guarded ones.
    """
    encoder = encoder_digest()
    nothing = RouteDecision("generation", "", None, None, encoder)
    if asked.beyond_kernels:
        return replace(nothing, reason=f"no kernel was looked for: {asked.beyond_kernels}")
    fit = live_fit(encoder)
    if fit is None:
        return replace(nothing, reason=NO_CALIBRATION)
    candidates = considered(
        asked,
        nearest(client_id, asked.vector, encoder, top_k),
        fit.calibrator,
        fit.head,
        client_id,
        min_pass_rate,
    )
    decision = replace(
        nothing,
        threshold=fit.calibrator.threshold,
        calibration=fit.calibration,
        candidates=candidates,
    )
    chosen = next((candidate for candidate in candidates if not candidate.obstacle), None)
    if chosen is None:
        return replace(decision, reason=_why_not(candidates))
    reason = f"P(verify) {chosen.probability:.3f} >= threshold {chosen.threshold:.3f}"
    return replace(decision, route="kernel", chosen=chosen, reason=f"{chosen.kernel}: {reason}")


@dataclass(frozen=True)
class Fit:
    """What is fitted for an encoder, and live."""

    calibration: int
    calibrator: Calibrator
    head: LiveHead | None


def live_fit(encoder: str) -> Fit | None:
    """One query, for both; None where no calibration is live."""
    heads = RoutingHead.objects.filter(state="live", encoder_digest=encoder).values("pk")
    live = Calibration.objects.filter(state="live", encoder_digest=encoder)
    found = live.annotate(head=Subquery(heads[:1])).values_list("pk", "head").first()
    if found is None:
        return None
    calibration, head = found
    return Fit(calibration, _calibrator(calibration), None if head is None else live_head(head))


def considered(
    asked: Asked,
    near: Sequence[Near],
    calibrator: Calibrator,
    head: LiveHead | None,
    client_id: int | None,
    min_pass_rate: float,
) -> tuple[Candidate, ...]:
    """The kernels near the prompt, the likeliest first; what may serve has no obstacle.

    Kernels for other kinds of calls are no rivals. The client says whose kernels are; None: all.
    """
    other_calls = {
        str(one.facts.version_id): said for one in near if (said := _other_call(asked, one.facts))
    }
    rivals = [one for one in near if str(one.facts.version_id) not in other_calls]
    found = [
        _candidate(
            asked,
            one,
            max((rival.similarity for rival in rivals if rival is not one), default=0.0),
            other_calls.get(str(one.facts.version_id), ""),
            calibrator,
            min_pass_rate,
        )
        for one in near
    ]
    if head is not None:
        found = by_head(
            head,
            found,
            client_id=client_id,
            layers=asked.layers,
            near=[
                (str(one.facts.version_id), similarity)
                for one in near
                for _, similarity in one.exemplars
            ],
            strangers=other_calls.keys(),
        )
    ranked = sorted(
        found,
        key=lambda one: (one.version_id not in other_calls, one.applies, one.probability),
        reverse=True,
    )
    return tuple(one.held_to_threshold() for one in ranked)


def _why_not(candidates: tuple[Candidate, ...]) -> str:
    if not candidates:
        return "no live kernel is near this prompt"
    return f"closest was {candidates[0].kernel}: {candidates[0].obstacle}"


def nearest(client_id: int, vector: Vector, encoder: str, top_k: int) -> list[Near]:
    """The live versions that have one of the `top_k` nearest exemplars, with those exemplars."""
    rows = (
        Exemplar.objects.filter(
            Q(version__kernel__client=client_id) | Q(version__kernel__client=None),
            live=True,
            encoder_digest=encoder,
        )
        .annotate(distance=CosineDistance("embedding", vector))
        .order_by("distance")
        .values_list(
            "pk",
            "distance",
            "version_id",
            "version__confidence",
            "version__passes",
            "version__failures",
        )[:top_k]
    )
    found: dict[UUID, list[tuple[int, float]]] = defaultdict(list)
    records: dict[UUID, tuple[float, int, int]] = {}
    for pk, distance, version, confidence, passes, failures in rows:
        found[version].append((pk, 1.0 - distance))
        records[version] = (confidence, passes, failures)
    return [
        Near(version_facts(version), tuple(exemplars), *records[version])
        for version, exemplars in found.items()
    ]


def _candidate(
    asked: Asked,
    near: Near,
    rival_similarity: float,
    other_call: str,
    calibrator: Calibrator,
    min_pass_rate: float,
) -> Candidate:
    checks = preconditions(near.facts.spec, asked.input)
    features = features_of(asked, near, checks, rival_similarity)
    probability = calibrator.probability(features)
    obstacle = other_call or _failed_precondition(checks) or _bad_record(near, min_pass_rate)
    return Candidate(
        near.facts.kernel,
        str(near.facts.version_id),
        near.facts.number,
        probability,
        calibrator.threshold_for(near.facts.digest),
        features,
        checks,
        tuple(pk for pk, _ in near.exemplars),
        obstacle,
    )


CHEAP = ("regex", "schema")  # microseconds, where others take a part of a millisecond


def preconditions(spec: KernelSpec, bound: dict[str, Any]) -> tuple[Check, ...]:
    """Checks the input schema and the preconditions on what was bound from the prompt.

    The cheap kinds come first, and nothing is checked after the first that does not hold: a prompt
    is near many kernels that it is not for. A condition of a kind that looks at an output looks at
    the input here.
    """
    checks = list(verify(spec.required_of_input, Subject(input=bound, output=bound)).checks)
    given = spec.given(bound)
    for condition in sorted(spec.preconditions, key=lambda one: one.kind not in CHEAP):
        if any(check.status != "ok" for check in checks):
            break
        checks += verify((condition,), Subject(input=given, output=given)).checks
    return tuple(checks)


def is_ready(spec: KernelSpec, bound: dict[str, Any]) -> bool:
    """Whether the kernel's preconditions hold."""
    return all(check.status == "ok" for check in preconditions(spec, bound))


def features_of(
    asked: Asked, near: Near, checks: tuple[Check, ...], rival_similarity: float
) -> Features:
    """The calibrator's features for one prompt and one kernel."""
    similarities = [max(0.0, similarity) for _, similarity in near.exemplars[:3]]
    rate = near.confidence if near.pass_rate is None else near.pass_rate
    facts = near.facts
    return Features(
        nearest_similarity=similarities[0],
        family_similarity=sum(similarities) / len(similarities),
        description_similarity=max(0.0, float(asked.vector @ facts.description)),
        evidence_coverage=sum(check.status == "ok" for check in checks) / len(checks),
        kernel_confidence=near.confidence,
        drift=max(0.0, near.confidence - rate),
        conflict=max(0.0, rival_similarity),
        lexical_support=lexical_support(asked.prompt, facts.profile),
        length_ratio=length_ratio(asked.prompt, facts.profile),
        intent_match=intent_match(asked.prompt, facts.profile),
    )


def _bad_record(near: Near, min_pass_rate: float) -> str:
    if near.pass_rate is None or near.pass_rate >= min_pass_rate:
        return ""
    record = f"its record: {near.passes} of {near.verdicts} verified"
    return f"{record}, at least {100 * min_pass_rate:.3g} % required"


def _failed_precondition(checks: tuple[Check, ...]) -> str:
    failed = next((check for check in checks if check.status != "ok"), None)
    return f"precondition {failed.label or failed.kind}: {failed.reason}" if failed else ""


def _other_call(asked: Asked, facts: VersionFacts) -> str:
    """Why the request is another kind of call than this kernel answers; empty when it is not."""
    if asked.any_call:
        return ""
    spec = facts.spec
    system = asked.input["system"]
    if (digest_of(system) if system else None) != spec.system_digest:
        return "the system prompt is not the one this kernel was made for"
    if asked.output_schema is not None and asked.output_schema != spec.output_schema:
        return "the request asks for another output schema"
    if asked.output_schema is None and spec.schema_asked:
        return "the request asks for no output schema, and this kernel's callers do"
    if asked.wants_json and spec.render:
        return "the request asks for JSON and this kernel answers in text"
    return ""
