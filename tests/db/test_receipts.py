"""Which receipt an answer gets, who may have it, and what the admin says of it."""

import json
import re
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from kernels.library.reading import starters
from kernels.registry import propose_version
from kernels.routing import version_facts
from kernels.spec import digest_of
from tests.db import cached_searches
from tests.db.rows import WORKER, chat, claimed_run, generated, queued_run, recorded
from tests.db.scripted_search import backend
from trajectories.access import issue_key
from trajectories.models import Client, Event, ReceiptKey, Run, SignedReceipt, Trajectory
from trajectories.receipt_keys import own_keys, published_keys
from trajectories.receipts.base64url import encoded
from trajectories.receipts.keys import keys_of_jwks
from trajectories.receipts.receipt import Receipt, text_sha256
from trajectories.receipts.signing import opened
from workers.answer import ChosenKernel, answer
from workers.backends.completion import BackendUnavailable
from workers.backends.scripted import ScriptedBackend
from workers.cancelling import cancel_run
from workers.recording import record_answer
from workers.tasks.answering import answer_run
from workers.trace import Trace

__all__ = ["backend"]
pytestmark = pytest.mark.django_db(transaction=True)

HELLO = chat(
    "Say hello",
    messages=({"role": "system", "content": "Be brief."}, {"role": "user", "content": "Say hello"}),
)
ANOTHER_KEY = encoded(bytes(range(32)))


@pytest.fixture
def operator(admin_client: Browser) -> Browser:
    return admin_client


def receipt_of(trajectory: Trajectory) -> Receipt:
    """As the published keys verify it."""
    return opened(trajectory.receipt.file.encode(), published_keys())


def only_receipt(run: Run) -> Receipt:
    return receipt_of(Trajectory.objects.get(run=run))


def verified(tmp_path: Path, file: str | bytes, *options: str) -> str:
    path = tmp_path / "receipt.json"
    path.write_bytes(file.encode() if isinstance(file, str) else file)
    said = StringIO()
    call_command("receipt", "verify", str(path), *options, stdout=said)
    return said.getvalue()


def test_a_generated_answer_has_a_receipt(client: Client) -> None:
    trajectory = recorded(client, HELLO, generated({"word": "hello"}))
    receipt = receipt_of(trajectory)
    assert trajectory.run is not None
    assert (receipt.run, receipt.trajectory) == (str(trajectory.run.pk), str(trajectory.pk))
    assert receipt.client == client.pk
    assert receipt.created_at == trajectory.created_at.isoformat(timespec="microseconds")
    assert (receipt.route, receipt.model, receipt.verified) == ("generation", "scripted", True)
    assert receipt.prompt_sha256 == text_sha256("Say hello")
    assert receipt.system_sha256 == text_sha256("Be brief.")
    assert receipt.request_sha256 == digest_of(trajectory.run.request)
    assert receipt.output_sha256 == text_sha256('{"word": "hello"}')
    assert receipt.encoder == trajectory.encoder_digest
    assert (receipt.kernel, receipt.reused, receipt.search) == (None, None, None)


def test_the_answer_of_a_kernel_names_its_version_slots_and_checks(client: Client) -> None:
    spec = next(one.spec for one in starters() if one.spec.name == "extract-emails")
    row = propose_version(spec=spec, samples=[], client=None, confidence=0.7, evidence={})
    request = chat("Extract all email addresses: ann@a.org, bo@b.org")
    chosen = ChosenKernel(version_facts(row.pk), ())
    said = answer(request, "near", chosen, ScriptedBackend(), lambda _: None, Trace(), 1)
    assert said.route == "kernel"
    receipt = receipt_of(recorded(client, request, said))
    assert receipt.kernel is not None
    assert (receipt.kernel.name, receipt.kernel.number) == ("extract-emails", row.number)
    assert (receipt.kernel.version_id, receipt.kernel.digest) == (str(row.pk), row.digest)
    assert receipt.kernel.slots["emails"] == ["ann@a.org", "bo@b.org"]
    assert {check.status for check in receipt.checks} == {"ok"}
    assert len(receipt.checks) == len(said.checks) > 0


def test_slots_of_a_template_are_named_numbers_are_texts_and_long_ones_are_digests(
    client: Client,
) -> None:
    spec = starters()[0].spec.model_copy(update={"templates": ("Add {number1} to {text2}",)})
    row = propose_version(spec=spec, samples=[], client=None, confidence=0.7, evidence={})
    prompt = f"Add 2.5 to {'x' * 2_000}"
    bound = spec.given({"prompt": prompt, "numbers": [2.5, 1e300], "emails": []})
    facts = version_facts(row.pk)
    said = generated({"dates": []}, route="kernel", kernel=facts, bound=bound)
    kernel = receipt_of(recorded(client, chat(prompt), said)).kernel
    assert kernel is not None
    long = text_sha256(json.dumps("x" * 2_000))
    assert kernel.slots == {
        "numbers": ["2.5", "1e+300"],
        "number1": "2.5",
        "text2": {"sha256": long},
    }


def test_a_searched_answer_names_who_searched_how_and_a_reuse_names_it(
    client: Client, backend: ScriptedBackend
) -> None:
    first = cached_searches.searched(client, backend)
    search = receipt_of(first).search
    assert search is not None
    assert (search.worker, search.strategy) == ("factual", "one_chain")
    assert (search.router, search.reward_model) == (None, None)
    near = only_receipt(cached_searches.near_hit(client, backend))
    assert near.reused is not None
    assert (near.route, near.reused.trajectory) == ("reuse", str(first.pk))
    assert near.reused.decided_by == "validator"
    assert 0.8 < float(near.reused.cosine or 0) < 1
    assert near.search is None
    same = only_receipt(cached_searches.asked(client, cached_searches.SAME))
    assert same.reused is not None
    assert (same.reused.decided_by, same.reused.cosine) == ("the same question", None)
    assert near.output_sha256 == same.output_sha256 == receipt_of(first).output_sha256
    assert near.prompt_sha256 != same.prompt_sha256


def test_the_reply_says_where_the_receipt_is(client: Client, app: Browser) -> None:
    trajectory = recorded(client, HELLO, generated({"word": "hello"}))
    run = trajectory.run
    assert run is not None
    assert run.response is not None
    (key,) = own_keys()
    told = run.response["kernelweave"]["receipt"]
    assert told == {"url": f"/api/runs/{run.pk}/receipt", "key_id": key}
    reply = app.get(told["url"])
    assert reply.status_code == 200
    assert reply["Content-Type"] == "application/json"
    assert reply.content.decode() == trajectory.receipt.file
    keys = keys_of_jwks(Browser().get("/api/receipts/keys").content)
    assert opened(reply.content, keys) == receipt_of(trajectory)


def test_only_the_app_that_asked_gets_it(client: Client) -> None:
    run = recorded(client, HELLO, generated({"word": "hello"})).run
    assert run is not None
    other = Client.objects.create(name="other")
    key = issue_key(client=other, label="t")[1]
    stranger = Browser(headers={"authorization": f"Bearer {key}"})
    assert stranger.get(f"/api/runs/{run.pk}/receipt").status_code == 404
    assert Browser().get(f"/api/runs/{run.pk}/receipt").status_code == 401


def test_a_run_that_is_not_finished_has_none_yet(client: Client, app: Browser) -> None:
    run = queued_run(client, HELLO)
    reply = app.get(f"/api/runs/{run.pk}/receipt")
    assert (reply.status_code, reply.json()["error"]["code"]) == (409, "run_not_finished")
    cancel_run(client=client, run_id=run.pk)
    reply = app.get(f"/api/runs/{run.pk}/receipt")
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "no_receipt")


def test_a_request_that_failed_has_none(
    client: Client, app: Browser, backend: ScriptedBackend
) -> None:
    backend.enqueue(BackendUnavailable())
    run = queued_run(client, HELLO)
    answer_run(str(run.pk))
    run.refresh_from_db()
    assert run.status == Run.Status.FAILED
    reply = app.get(f"/api/runs/{run.pk}/receipt")
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "no_receipt")
    assert not SignedReceipt.objects.exists()


def test_an_answer_that_cannot_be_recorded_leaves_no_receipt(client: Client) -> None:
    run = claimed_run(client, HELLO)
    trace = Trace()
    trace.add(Event.Kind.MESSAGE, text="hello")
    object.__setattr__(trace.events[0], "kind", None)
    said = generated({"word": "hello"})
    with pytest.raises(IntegrityError):
        record_answer(run=run, request=HELLO, answer=said, trace=trace, worker=WORKER)
    assert not SignedReceipt.objects.exists()


def test_without_a_key_answers_have_no_receipts(
    client: Client, app: Browser, settings: Settings
) -> None:
    settings.KW_RECEIPT_KEY = ""
    run = recorded(client, HELLO, generated({"word": "hello"})).run
    assert run is not None
    assert run.response is not None
    assert run.response["kernelweave"]["receipt"] is None
    assert app.get(f"/api/runs/{run.pk}/receipt").status_code == 404
    assert Browser().get("/api/receipts/keys").json() == {"keys": []}


def test_a_key_that_signs_no_longer_stays_published(client: Client, settings: Settings) -> None:
    before = recorded(client, HELLO, generated({"word": "hello"}))
    (old,) = own_keys()
    settings.KW_RECEIPT_KEY = ANOTHER_KEY
    (new,) = own_keys()
    assert list(published_keys()) == [new, old]
    after = recorded(client, HELLO, generated({"word": "hello"}))
    assert (before.receipt.key_id, after.receipt.key_id) == (old, new)
    assert receipt_of(before).trajectory == str(before.pk)
    assert receipt_of(after).trajectory == str(after.pk)
    assert set(ReceiptKey.objects.values_list("pk", flat=True)) == {old, new}


def test_a_receipt_costs_one_query(client: Client, settings: Settings) -> None:
    counts = []
    for key in (settings.KW_RECEIPT_KEY, ""):
        settings.KW_RECEIPT_KEY = key
        run = claimed_run(client, HELLO)
        said = generated({"word": "hello"})
        with CaptureQueriesContext(connection) as queries:
            record_answer(run=run, request=HELLO, answer=said, trace=Trace(), worker=WORKER)
        counts.append(len(queries))
    assert counts[0] == counts[1] + 1


def test_the_command_shows_a_receipt_that_it_verifies_without_the_database(
    client: Client, tmp_path: Path
) -> None:
    trajectory = recorded(client, HELLO, generated({"word": "hello"}))
    shown, listed = StringIO(), StringIO()
    call_command("receipt", "show", str(trajectory.run_id), stdout=shown)
    call_command("receipt", "keys", stdout=listed)
    (tmp_path / "keys.json").write_text(listed.getvalue())
    (key,) = own_keys().values()
    (tmp_path / "prompt").write_text("Say hello")
    (tmp_path / "output").write_text('{"word": "hello"}')
    texts = ("--prompt", str(tmp_path / "prompt"), "--output", str(tmp_path / "output"))
    with CaptureQueriesContext(connection) as queries:
        for options in ((), ("--keys", str(tmp_path / "keys.json")), ("--key", key.text), texts):
            lines = verified(tmp_path, shown.getvalue(), *options).splitlines()
            assert lines[-1] == "OK"
            assert f"trajectory {trajectory.pk}" in lines
    assert len(queries) == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--keys", "{other}"), "signed by the key"),
        (("--keys", "{missing}"), "cannot be read"),
        (("--keys", "{output}"), "no JWK set"),
        (("--key", "nope"), "It has 3 bytes"),
        (("--prompt", "{output}"), "of another prompt"),
        (("--output", "{other}"), "of another output"),
    ],
)
def test_the_command_says_what_is_wrong(
    client: Client, tmp_path: Path, options: tuple[str, str], said: str
) -> None:
    trajectory = recorded(client, HELLO, generated({"word": "hello"}))
    other = {"kty": "OKP", "crv": "Ed25519", "x": encoded(bytes(32))}
    (tmp_path / "other").write_text(json.dumps({"keys": [other]}))
    (tmp_path / "output").write_text('{"word": "hello"}')
    name, value = options
    value = value.format(**{one: tmp_path / one for one in ("other", "missing", "output")})
    with pytest.raises(CommandError, match=re.escape(said)):
        verified(tmp_path, trajectory.receipt.file, name, value)


def test_the_command_refuses_a_changed_file_and_a_key_that_is_not_set(
    client: Client, tmp_path: Path, settings: Settings
) -> None:
    file = recorded(client, HELLO, generated({"word": "hello"})).receipt.file
    with pytest.raises(CommandError, match="signature is not of this receipt"):
        verified(tmp_path, file.replace('"verified":true', '"verified":null'))
    with pytest.raises(CommandError, match="no receipt"):
        verified(tmp_path, b"\xff")
    settings.KW_RECEIPT_KEY = ""
    with pytest.raises(CommandError, match="--keys FILE or --key BASE64"):
        verified(tmp_path, file)


@pytest.mark.parametrize(
    ("run_id", "said"), [(uuid4(), "no such run"), (None, "has no answer yet")]
)
def test_the_command_shows_no_receipt_that_is_not_there(
    client: Client, run_id: UUID | None, said: str
) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("receipt", "show", str(run_id or queued_run(client, HELLO).pk))


def page(operator: Browser, trajectory: Trajectory) -> str:
    reply = operator.get(f"/admin/trajectories/trajectory/{trajectory.pk}/change/")
    assert reply.status_code == 200
    return re.sub(r"\s+", " ", reply.content.decode())


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "> verified <"),
        ({"prompt": "Say goodbye"}, "the prompt was changed since"),
        ({"output_text": "bye"}, "the output was changed since"),
    ],
)
def test_the_admin_verifies_the_receipt_against_the_row(
    client: Client,
    operator: Browser,
    changed: dict[str, Any],
    said: str,
) -> None:
    trajectory = recorded(client, HELLO, generated({"word": "hello"}))
    Trajectory.objects.filter(pk=trajectory.pk).update(**changed)
    assert said in page(operator, trajectory)


def test_the_admin_says_that_a_receipt_was_changed_moved_or_is_missing(
    client: Client, operator: Browser
) -> None:
    first = recorded(client, HELLO, generated({"word": "hello"}))
    second = recorded(client, HELLO, generated({"word": "hello"}))
    SignedReceipt.objects.filter(pk=second.pk).update(file=first.receipt.file)
    assert "of another trajectory" in page(operator, second)
    broken = first.receipt.file.replace('"verified":true', '"verified":null')
    SignedReceipt.objects.filter(pk=first.pk).update(file=broken)
    assert "The signature is not of this receipt" in page(operator, first)
    SignedReceipt.objects.all().delete()
    assert "signature" not in page(operator, first)


def test_a_stolen_key_is_published_no_more_once_it_is_deleted(
    client: Client, operator: Browser, settings: Settings
) -> None:
    recorded(client, HELLO, generated({"word": "hello"}))
    (old,) = own_keys()
    settings.KW_RECEIPT_KEY = ANOTHER_KEY
    assert old in operator.get("/admin/trajectories/receiptkey/").content.decode()
    operator.post(f"/admin/trajectories/receiptkey/{old}/delete/", {"post": "yes"})
    assert list(published_keys()) == list(own_keys())
