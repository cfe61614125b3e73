"""A receipt verifies as it was sealed, and in no other form."""

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from trajectories.receipts.base64url import decoded, encoded
from trajectories.receipts.canonical import NotCanonical, canonical, from_canonical
from trajectories.receipts.keys import (
    BadKey,
    SigningKey,
    jwks,
    keys_of_jwks,
    public_key_of,
    signing_key_of,
)
from trajectories.receipts.receipt import (
    CheckDone,
    KernelUsed,
    Receipt,
    Reused,
    SearchUsed,
    text_sha256,
)
from trajectories.receipts.signing import (
    BadReceipt,
    NoReceiptFile,
    OtherFormat,
    UnknownKey,
    WrongSignature,
    opened,
    sealed,
)

KEY = signing_key_of(encoded(bytes(range(32))))
OTHER = signing_key_of(encoded(bytes(range(1, 33))))
KNOWN = {KEY.public.id: KEY.public}
RECEIPT = Receipt(
    run="4e8a7a0e-0000-4000-8000-000000000001",
    trajectory="4e8a7a0e-0000-4000-8000-000000000002",
    client=1,
    created_at="2026-11-22T03:00:00.000000+00:00",
    route="kernel",
    request_sha256=text_sha256("{}"),
    system_sha256=None,
    prompt_sha256=text_sha256("Convert 5 km to m."),
    output_sha256=text_sha256('{"metres": 5000}'),
    tool_calls_sha256=None,
    kernel=KernelUsed(
        name="convert-distance",
        number=1,
        version_id="4e8a7a0e-0000-4000-8000-000000000003",
        digest="d" * 64,
        slots={"numbers": ["5.0"], "units": ["km", "m"]},
    ),
    reused=None,
    search=None,
    checks=(CheckDone(kind="schema", label="Größe", status="ok"),),
    verified=True,
    model="none",
    encoder="e" * 64,
    service="0.1.0",
)
FILE = sealed(RECEIPT, KEY).encode()

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
names = st.text(st.characters(max_codepoint=127), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)
receipts = st.builds(
    Receipt,
    run=texts,
    trajectory=texts,
    client=st.integers(1, 2**31),
    created_at=texts,
    route=texts,
    request_sha256=texts,
    system_sha256=st.none() | texts,
    prompt_sha256=texts,
    output_sha256=texts,
    tool_calls_sha256=st.none() | texts,
    kernel=st.none()
    | st.builds(
        KernelUsed,
        name=texts,
        number=st.integers(1, 1000),
        version_id=texts,
        digest=texts,
        slots=st.dictionaries(names, values, max_size=3),
    ),
    reused=st.none()
    | st.builds(Reused, trajectory=texts, decided_by=texts, cosine=st.none() | texts),
    search=st.none()
    | st.builds(
        SearchUsed,
        worker=texts,
        strategy=texts,
        router=st.none() | texts,
        reward_model=st.none() | texts,
    ),
    checks=st.lists(st.builds(CheckDone, kind=texts, label=texts, status=texts), max_size=3).map(
        tuple
    ),
    verified=st.none() | st.booleans(),
    model=texts,
    adapter=st.none() | texts,
    encoder=texts,
    service=texts,
)


def remade(**changed: Any) -> bytes:
    """The file with another signature part, in canonical form."""
    file = json.loads(FILE)
    return canonical({**file, "signature": {**file["signature"], **changed}})


def test_what_was_sealed_is_opened() -> None:
    assert opened(FILE, KNOWN) == RECEIPT
    assert opened(FILE + b"\n", KNOWN) == RECEIPT


@given(receipts)
def test_any_receipt_comes_back_as_it_was(receipt: Receipt) -> None:
    assert opened(sealed(receipt, KEY).encode(), KNOWN) == receipt


def test_a_receipt_with_any_bit_of_it_flipped_does_not_verify() -> None:
    for place in range(len(FILE)):
        for bit in range(8):
            changed = bytearray(FILE)
            changed[place] ^= 1 << bit
            with pytest.raises(BadReceipt):
                opened(bytes(changed), KNOWN)


@given(st.integers(0, len(FILE) - 1), st.binary(max_size=3))
def test_a_receipt_with_a_byte_taken_out_or_others_put_in_does_not_verify(
    place: int, others: bytes
) -> None:
    changed = FILE[:place] + others + FILE[place + 1 :]
    if changed != FILE:
        with pytest.raises(BadReceipt):
            opened(changed, KNOWN)


@given(st.binary(min_size=1, max_size=20))
def test_nothing_but_one_line_feed_may_follow(more: bytes) -> None:
    if more != b"\n":
        with pytest.raises(NoReceiptFile):
            opened(FILE + more, KNOWN)


@pytest.mark.parametrize(
    "data",
    [
        json.dumps(json.loads(FILE)).encode(),  # blanks
        json.dumps(json.loads(FILE), indent=2).encode(),
        json.dumps(json.loads(FILE), separators=(",", ":")).encode(),  # ü as \\u00fc
        b'{"receipt":{},' + FILE[1:],  # a name twice
        FILE.replace(b'"client":1', b'"client":1.0'),
        FILE.replace(b'"client":1', b'"client":1e0'),
        FILE.decode().encode("utf-16"),
        b"\xef\xbb\xbf" + FILE,
        b"[" * 100_000,
        b"9" * 5_000,
        b"",
        b"{}",
        b"null",
        canonical({"receipt": json.loads(FILE)["receipt"]}),
        canonical({**json.loads(FILE), "more": 1}),
        canonical({**json.loads(FILE), "signature": {"alg": "none"}}),
        remade(alg="none"),
        remade(key_id=3),
    ],
)
def test_the_same_in_other_words_is_no_receipt(data: bytes) -> None:
    with pytest.raises(NoReceiptFile):
        opened(data, KNOWN)


def test_reordered_names_are_no_receipt() -> None:
    file = json.loads(FILE)
    turned = {"signature": file["signature"], "receipt": file["receipt"]}
    data = json.dumps(turned, separators=(",", ":"), ensure_ascii=False).encode()
    with pytest.raises(NoReceiptFile, match="canonical"):
        opened(data, KNOWN)


def test_an_unknown_key_is_named() -> None:
    with pytest.raises(UnknownKey, match=KEY.public.id):
        opened(FILE, {OTHER.public.id: OTHER.public})
    with pytest.raises(UnknownKey, match="there are none"):
        opened(FILE, {})


def test_another_known_key_cannot_be_named_as_the_signer() -> None:
    with pytest.raises(WrongSignature):
        opened(remade(key_id=OTHER.public.id), KNOWN | {OTHER.public.id: OTHER.public})


@pytest.mark.parametrize("value", ["", "AAAA", "not base64", "é", encoded(bytes(64))])
def test_a_signature_that_is_none_does_not_verify(value: str) -> None:
    with pytest.raises(WrongSignature):
        opened(remade(value=value), KNOWN)


def test_a_signature_is_written_in_one_way_only() -> None:
    """The last of its 86 letters has four bits that a lenient reader ignores."""
    value = json.loads(FILE)["signature"]["value"]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twin = value[:-1] + letters[letters.index(value[-1]) + 1]
    with pytest.raises(WrongSignature):
        opened(remade(value=twin), KNOWN)
    with pytest.raises(WrongSignature):
        opened(remade(value=value + "=="), KNOWN)


def test_a_signed_receipt_of_another_format_is_told_apart() -> None:
    said = canonical({**RECEIPT.model_dump(), "format": 2})
    signature = {"alg": "Ed25519", "key_id": KEY.public.id, "value": encoded(KEY.sign(said))}
    data = canonical({"receipt": json.loads(said), "signature": signature})
    with pytest.raises(OtherFormat):
        opened(data, KNOWN)


@given(values)
def test_canonical_json_reads_back_and_is_the_same_again(value: Any) -> None:
    data = canonical(value)
    assert from_canonical(data) == value
    assert canonical(from_canonical(data)) == data


def test_canonical_json_is_that_of_rfc_8785() -> None:
    """Its own example of strings (section 3.2.3), without the fractions."""
    value = {"string": '€$\u000f\nA\'B"\\\\"/', "literals": [None, True, False]}
    expected = '{"literals":[null,true,false],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    assert canonical(value) == expected.encode()


@pytest.mark.parametrize("value", [1.5, 2**53, {"ü": 1}, {1: 1}, b"x", "\ud800", [{"a": {1}}]])
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(NotCanonical):
        canonical(value)


def pem(key: Any, password: bytes = b"") -> str:
    lock = BestAvailableEncryption(password) if password else NoEncryption()
    text: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)
    return text.decode()


def test_a_key_is_read_from_pem_and_from_base64_of_either_alphabet() -> None:
    seed = bytes([251, 255] * 16)
    key = Ed25519PrivateKey.from_private_bytes(seed)
    standard = base64.b64encode(seed).decode()
    assert "+" in standard
    found = [signing_key_of(text) for text in (pem(key), encoded(seed), f" {standard}\n")]
    assert len({one.public for one in found}) == 1
    assert len({one.sign(b"x") for one in found}) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nope",
        "A" * 42,
        "A" * 44,
        "A" * 42 + "B",  # four bits too many
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        pem(generate_private_key(SECP256R1())),
        pem(Ed25519PrivateKey.from_private_bytes(bytes(32)), b"secret"),
    ],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(BadKey):
        signing_key_of(text)


def test_the_id_of_a_key_is_its_thumbprint() -> None:
    """The example of RFC 8037, appendices A.2 and A.3."""
    key = public_key_of("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
    assert key.id == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_a_signature_is_that_of_rfc_8032() -> None:
    """Its test 1 (section 7.1)."""
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    key: SigningKey = signing_key_of(encoded(seed))
    assert key.sign(b"").hex().startswith("e5564300c360ac729086e2cc806e828a")
    assert key.public.text == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"


def test_published_keys_are_read_back() -> None:
    listed = json.dumps(jwks([KEY.public, OTHER.public]))
    assert keys_of_jwks(listed) == {one.public.id: one.public for one in (KEY, OTHER)}


def test_other_kinds_of_keys_in_a_set_are_left_out() -> None:
    listed = {"keys": [{"kty": "RSA", "n": "AQAB"}, KEY.public.jwk]}
    assert keys_of_jwks(json.dumps(listed)) == KNOWN


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"keys": 1}', '{"keys": []}', '{"keys": [{}]}'])
def test_what_is_no_set_of_keys_is_refused(text: str) -> None:
    with pytest.raises(BadKey):
        keys_of_jwks(text)


@given(st.binary(max_size=70))
def test_base64url_reads_back(data: bytes) -> None:
    assert decoded(encoded(data)) == data
