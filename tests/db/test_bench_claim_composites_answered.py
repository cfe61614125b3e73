"""All arms of the claim are asked the same composite prompts; nothing is proposed here."""

from typing import Any

import pytest

from kwsite.bench.claim.arms import ARMS, COMPOSED, Means
from kwsite.bench.claim.evidence import Evidence, Index
from kwsite.bench.claim.families import families
from kwsite.bench.claim.learning import Course
from kwsite.bench.claim.looking import Owners
from kwsite.bench.claim.measure import ask_composites
from kwsite.bench.claim.remembering import Remembering
from trajectories.models import Client
from workers.backends.scripted import ScriptedBackend

pytestmark = pytest.mark.django_db


class Service:
    """Answers anything otherwise each time, as the model server may; no kernel serves."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def chat(self, body: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(body)
        return {
            "choices": [{"message": {"content": f'{{"n": {len(self.asked)}}}'}}],
            "usage": {"total_tokens": 10},
            "kernelweave": {"kernel": None, "failed_kernel": None},
        }


def test_without_a_proposal_composition_is_the_kernels_arm_again() -> None:
    service: Any = Service()
    backend = ScriptedBackend()
    client = Client.objects.create(name="app")
    courses = [
        Course(family, 1, Index((Evidence(f"a {family.name}", {"a": 1}),)), 0, "")
        for family in families()[:3]
    ]
    found = ask_composites(
        Means(service, Remembering(backend), client), courses, 2, Owners({}, []), lambda: None
    )
    assert len(found) == 3 * 2 * len(ARMS)
    assert len(service.asked) == 3 * 2  # the kernels arm alone
    said = {arm: [o.text for o in found if o.arm == arm] for arm in ARMS}
    assert said[COMPOSED] == said["kernels"]
    assert {o.why for o in found if o.arm == COMPOSED} == {"a family has no kernel"}
    sent = {str(body["response_format"]["json_schema"]["schema"]) for body in service.asked}
    asked = {str(request.schema) for request in backend.requests}
    assert sent == asked
