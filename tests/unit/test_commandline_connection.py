"""Where a command finds the service: what cannot be an address or a key is one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kwsite.commandline.client import ServiceClient
from kwsite.commandline.connection import find_connection
from kwsite.commandline.failure import (
    MalformedAddress,
    NotRunning,
    Refused,
    ServiceFailure,
    UnusableKey,
)
from tests.scripted_server import serve


@pytest.fixture(autouse=True)
def nothing_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KW_HOME", str(tmp_path))
    for name in ("KW_BASE_URL", "KW_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@contextmanager
def one_line(failure: type[Exception]) -> Iterator[None]:
    with pytest.raises(failure) as raised:
        yield
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize("key", ["ü", "kw-1\nkw-2", "\udcff", "kw-\x00"])
def test_a_key_that_cannot_be_sent_is_one_line(key: str) -> None:
    with one_line(UnusableKey):
        find_connection({"base_url": "http://127.0.0.1:8000/v1", "api_key": key})


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1:8000/v1", "http//127.0.0.1", "ftp://host/v1", "http:///v1", "nope"),
        *("http://[::1", "http://host:99999/v1", "http://host:abc/v1", "http://a b/v1", "\udcff"),
    ],
)
def test_an_address_that_is_none_is_called_so(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    with one_line(MalformedAddress):
        find_connection({"base_url": address, "api_key": ""})


@pytest.mark.parametrize("address", ["http://[::1]:8000/v1", "https://ü.example/v1", "http://h/v1"])
def test_an_address_that_is_one_is_taken(address: str) -> None:
    assert find_connection({"base_url": address, "api_key": " kw-1 "}).api_key == "kw-1"


def test_a_damaged_file_of_the_stack_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "connection.json").write_text("{")
    with one_line(ServiceFailure):
        find_connection({"base_url": "", "api_key": ""})


def test_a_service_that_is_not_there_is_not_running() -> None:
    found = find_connection({"base_url": "http://127.0.0.1:1/v1", "api_key": ""})
    with ServiceClient(found) as client, one_line(NotRunning):
        client.chat({})


def test_a_service_can_be_asked_without_a_key() -> None:
    with serve() as server:
        found = find_connection({"base_url": server.base_url, "api_key": ""})
        with ServiceClient(found) as client, one_line(Refused):
            client.plan({})
