"""`make run`'s supervisor: starts, stops and fails in a way that an operator understands."""

import json
import os
import signal
import socket
import stat
import time
import urllib.request
from collections.abc import Callable

import psutil
import pytest

from kwsite.stack.llama_part import answers_ok
from tests.stack_fixtures import StackProcess, processes_of, wait_until_gone

SCRIPTED = {"KW_LLM_PROVIDER": "scripted"}

Begin = Callable[..., StackProcess]


def one_line(output: str) -> str:
    """The failure: the last line printed; a traceback would not be one."""
    assert "Traceback" not in output
    return output.strip().splitlines()[-1]


def test_it_says_how_to_reach_it_in_a_private_file(running_stack: StackProcess) -> None:
    file = running_stack.home / "connection.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(json.loads(file.read_text())) == [
        "admin_password",
        "admin_url",
        "admin_user",
        "api_key",
        "base_url",
    ]
    printed = running_stack.process.log.read_text()
    assert running_stack.base_url in printed
    assert running_stack.api_key in printed
    assert running_stack.admin_password in printed


def test_it_serves_the_admin_site_with_its_styles(running_stack: StackProcess) -> None:
    site = running_stack.admin_url.removesuffix("/admin/")
    with urllib.request.urlopen(running_stack.admin_url) as page:
        assert page.status == 200
        stylesheet = page.read().decode().split('href="/static/', 1)[1].split('"', 1)[0]
    with urllib.request.urlopen(f"{site}/static/{stylesheet}") as reply:
        assert reply.status == 200


def test_its_stores_listen_on_loopback_only(running_stack: StackProcess) -> None:
    for name in ("postgres", "valkey", "llama", "web"):
        process = psutil.Process(running_stack.pids[name])
        family = [process, *process.children(recursive=True)]
        addresses = {
            connection.laddr.ip
            for member in family
            for connection in member.net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        }
        assert addresses == {"127.0.0.1"}, name


def test_a_second_one_in_the_same_home_is_refused(
    running_stack: StackProcess, begin_stack: Begin
) -> None:
    code, output = begin_stack(KW_HOME=str(running_stack.home)).wait_for_end()
    assert code == 1
    assert "Another `make run` is running here" in one_line(output)


def test_it_names_the_port_in_use(begin_stack: Begin) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, output = begin_stack(KW_PORT=str(port), **SCRIPTED).wait_for_end()
    assert code == 1
    assert f"port {port} on 127.0.0.1 is in use" in one_line(output)
    assert len(output.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgresql://somebody:geheim@127.0.0.1:1/nothing"),
        ("REDIS_URL", "redis://:geheim@127.0.0.1:1/0"),
        ("KW_LLM_BASE_URL", "http://127.0.0.1:1/v1"),
    ],
)
def test_it_names_a_replacement_that_cannot_be_reached(
    begin_stack: Begin, name: str, value: str
) -> None:
    stack = begin_stack(**{name: value})
    code, output = stack.wait_for_end()
    assert code == 1
    assert name in one_line(output)
    assert "geheim" not in output
    assert processes_of(stack.home) == []


def test_it_names_the_part_that_dies_while_starting(begin_stack: Begin) -> None:
    stack = begin_stack(**SCRIPTED)
    stack.wait_for_part("valkey")
    os.kill(stack.pids["valkey"], signal.SIGKILL)
    code, output = stack.wait_for_end()
    assert code == 1
    assert one_line(output).startswith("valkey: died with exit code -9: killed ")
    assert processes_of(stack.home) == []


def test_a_web_worker_that_is_killed_is_started_again_unless_it_keeps_dying(
    start_stack: Begin,
) -> None:
    stack = start_stack(**SCRIPTED)
    health = f"{stack.base_url.removesuffix('/v1')}/api/health"
    web = psutil.Process(stack.pids["web"])
    (killed,) = web.children()
    killed.kill()
    stack.process.wait_until(
        lambda: killed not in web.children() and answers_ok(health), within_s=240
    )
    while web.is_running() and web.status() != psutil.STATUS_ZOMBIE:
        for worker in web.children():
            worker.kill()
        time.sleep(0.2)
    code, output = stack.wait_for_end()
    assert code == 1
    line = one_line(output)
    assert line.startswith("web: died with exit code 1. Mend what its log says")
    assert line.endswith("Worker crash loop detected, exiting")
    assert "ifespan" not in (stack.home / "logs" / "web.log").read_text()


def test_it_starts_again_where_a_killed_one_left_off_and_names_the_part_that_dies(
    begin_stack: Begin, start_stack: Begin
) -> None:
    first = begin_stack(prepared=False, **SCRIPTED)  # its very first start
    first.wait_until_ready()
    connection = json.loads((first.home / "connection.json").read_text())
    database = first.env["DATABASE_URL"]
    os.kill(first.process.process.pid, signal.SIGKILL)
    wait_until_gone(first.home)

    second = start_stack(**SCRIPTED)
    kept = ("api_key", "admin_user", "admin_password")
    again = json.loads((second.home / "connection.json").read_text())
    assert [again[name] for name in kept] == [connection[name] for name in kept]
    assert second.env["DATABASE_URL"] == database

    os.kill(second.pids["beat"], signal.SIGKILL)
    code, output = second.wait_for_end()
    assert code == 1
    line = one_line(output)
    assert line.startswith("beat: died with exit code -9: killed ")
    assert "logs/beat.log" in line
    assert processes_of(second.home) == []
