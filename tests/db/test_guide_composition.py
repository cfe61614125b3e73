"""The composition that `docs/apps.md` shows can be added, approved and given such an input."""

import json
import re
from typing import Any

import pytest

from kernels.algebra.plan import Composition as Plan
from kernels.composition_review import approve_composition
from kernels.compositions import (
    accepted_input,
    add_composition,
    pinned,
    plan_of,
    require_preconditions,
)
from kernels.library.loading import load_starters
from kernels.models import KernelVersion
from kernels.routing import version_facts
from kwsite.env import CHECKOUT
from trajectories.models import Client

pytestmark = pytest.mark.django_db
TEXT = "The council builds a bridge over the river and pays for it by toll."


def shown(pattern: str) -> dict[str, Any]:
    found = re.search(pattern, (CHECKOUT / "docs" / "apps.md").read_text(), re.DOTALL)
    assert found is not None
    read: dict[str, Any] = json.loads(found.group(1).replace("\n", " "))
    return read


def test_the_guides_composition_takes_the_guides_input() -> None:
    load_starters()
    client = Client.objects.create(name="app")
    asked = Plan.model_validate(pinned(shown(r"/api/compositions -d '(.*?)'\n```"), client))
    composition = add_composition(plan=asked, client=client)
    assert approve_composition(composition=composition, user=None).state == "live"
    given = shown(r"`(\{\"input\": .*?\}\})`")["input"]
    given = {name: text.replace("...", TEXT) for name, text in given.items()}
    plan = plan_of(composition)
    accepted = accepted_input(plan, composition.input_schema, given)
    live = KernelVersion.objects.filter(state="live")
    kernels = {one.digest: version_facts(one.pk) for one in live}
    require_preconditions(plan, kernels, accepted)
