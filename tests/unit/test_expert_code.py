"""Code passes only where tests ran in a sandbox and held; hostile code is stopped and told."""

import time
import uuid
from pathlib import Path

import pytest

from tests.code_trial import DOUBLE, LATEST_S, verified
from workers.experts import bubblewrap, code_sandbox
from workers.experts.code_blocks import code_key, last_code
from workers.experts.code_expert import EXPERT
from workers.experts.expert import Task

HOSTILE = {
    "endless loop": "while True: pass",
    "long sleep": "import time\ntime.sleep(1000)",
    "fork bomb": "import os\nwhile True: os.fork()",
    "process": "import subprocess\nsubprocess.run(['/usr/bin/id'], check=True)",
    "thread bomb": (
        "import threading, time\n"
        "for _ in range(10**6): threading.Thread(target=time.sleep, args=(99,)).start()"
    ),
    "memory bomb": "kept = []\nwhile True: kept.append('x' * 10**7)",
    "hidden memory": "import os\nos.ftruncate(os.memfd_create('x'), 10**10)",
    "100 MB of output": "for _ in range(100): print('x' * 10**6)",
    "full disk": "for n in range(10**4): open(f'/tmp/{n}', 'w').write('x' * 10**6)",
    "users": "open('/etc/passwd').read()",
    "project": f"open({__file__!r}).read()",
    "socket": "import socket\nsocket.create_connection(('127.0.0.1', 22), 1)",
    "write outside": "open('/usr/lib/x', 'w').write('x')",
    "write to memory": "open('/dev/shm/x', 'w').write('x')",
    "kill all": "import os\nos.kill(-1, 9)",
    "kill parent": "import os\nos.kill(os.getppid(), 9)\nos.kill(1, 9)\nos.kill(os.getpid(), 9)",
    "leave early": "import os\nos._exit(0)",
    "leave politely": "raise SystemExit(0)",
    "close and stay": "import os, time\nos.close(1); os.close(2)\ntime.sleep(1000)",
    "forged report": (
        "import os\n"
        'os.write(1, b\'{"held": 1, "of": 1, "reason": "", "secret": ""}\\n\')\n'
        "os._exit(0)"
    ),
    "more memory": "import resource\nresource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
    "endless recursion": "def f(): return f()\nf()",
    "deep nesting": "x = " + "(" * 5000 + ")" * 5000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_code_is_stopped_and_never_passes(name: str) -> None:
    """In whichever sandbox there is; bubblewrap runs all of Python, and so knows that it failed."""
    started = time.perf_counter()
    found = verified(f"{HOSTILE[name]}\ndone = 1", "assert done == 1")
    assert found.status != "ok", found
    assert found.status == "failed" or bubblewrap.missing(), found
    assert found.reason
    assert found.how in ("bubblewrap", "monty", "parsed")
    assert time.perf_counter() - started < LATEST_S
    assert verified(DOUBLE, "assert double(2) == 4").status == "ok"


@pytest.mark.usefixtures("sandboxed")
def test_nothing_of_this_machine_is_seen_inside() -> None:
    written = f"/tmp/{uuid.uuid4()}"
    tests = "\n".join(
        (
            "import os",
            "assert set(os.environ) <= {'PWD', 'LC_CTYPE'}",
            "assert not os.path.exists('/etc') and not os.path.exists('/home')",
            "assert os.listdir('/run') == ['script.py']",
            f"assert not os.path.exists({str(Path(__file__).parents[2] / 'manage.py')!r})",
            "assert len([p for p in os.listdir('/proc') if p.isdigit()]) <= 3",
            "assert os.getuid() == 65534",
            f"open({written!r}, 'w').write('it has a place of its own')",
        )
    )
    found = verified("done = 1", f"{tests}\nassert done == 1")
    assert found.status == "ok", found.reason
    assert found.how == "bubblewrap"
    assert not Path(written).exists()


@pytest.mark.usefixtures("sandboxed")
def test_the_whole_standard_library_is_there_and_threads_run() -> None:
    code = (
        "import dataclasses, collections, itertools, threading\n"
        "@dataclasses.dataclass\nclass P:\n    x: int = 1\n"
        "def f():\n    t = threading.Thread(target=print); t.start(); t.join()\n    return P().x"
    )
    assert verified(code, "assert f() == 1").status == "ok"


@pytest.mark.usefixtures("sandboxed")
def test_the_score_is_the_share_of_tests_that_hold() -> None:
    found = verified(DOUBLE, "assert double(2) == 4\nassert double(1) == 1\nassert double(0) == 0")
    assert (found.status, round(found.score, 2)) == ("failed", 0.67)
    assert "double(1) == 1" in found.reason


def test_tests_decide() -> None:
    assert verified(DOUBLE, "assert double(2) == 4").status == "ok"
    assert verified(DOUBLE, "assert double(2) == 5").status == "failed"
    assert verified(DOUBLE, "def check(f):\n    assert f(1) == 2\ncheck(double)").status == "ok"
    assert verified(DOUBLE, "def check(f):\n    assert f(1) == 3\ncheck(double)").status == "failed"
    assert verified(DOUBLE, "this is no test").status == "unverified"


def test_code_that_does_not_parse_fails_and_none_at_all_too() -> None:
    assert verified("def f(:").status == "failed"
    assert EXPERT.verify(Task("?"), ("Just words.",), None).status == "failed"
    assert EXPERT.verify(Task("?"), ("```python\nx = 1",), None).status == "failed"  # not finished
    assert EXPERT.check_step(Task("?"), ("```python\ndef f(:\n```",)).ok is False
    assert EXPERT.check_step(Task("?"), ("Words.",)).ok is None


def test_without_bubblewrap_monty_runs_and_says_so() -> None:
    held = code_sandbox.in_monty(DOUBLE, "assert double(2) == 4")
    assert (held.status, held.how) == ("passed", "monty")
    assert code_sandbox.in_monty(DOUBLE, "assert double(2) == 5").status == "failed"
    unknown = "import sqlite3\ndef f(): return 1"  # which Monty has not
    assert code_sandbox.in_monty(unknown, "assert f() == 1").status == "could_not_run"


def test_the_last_finished_block_is_the_answer() -> None:
    steps = ("```python\na = 1\n```", "```json\n{}\n```", "```py\nb = 2\n```\nDone.")
    assert last_code(steps) == "b = 2"
    assert EXPERT.is_terminal(steps)
    assert not EXPERT.is_terminal(("```python\na = 1",))
    assert not EXPERT.is_terminal(("Plan.",))
    assert last_code((DOUBLE,)) == DOUBLE


def test_programs_that_differ_in_layout_alone_have_one_key() -> None:
    same = 'def double( x ):\n    """Twice."""\n    return 2*x  # twice'
    assert code_key(same) == code_key(DOUBLE)
    assert code_key(same) != code_key(DOUBLE.replace("2", "3"))
