"""Code passes only where tests ran in a sandbox and held; hostile code is stopped and told."""

import os
import shutil
import time
import uuid
from pathlib import Path

import pytest

from workers.experts import bubblewrap, code_sandbox
from workers.experts.code_blocks import code_key, last_code
from workers.experts.code_expert import EXPERT
from workers.experts.expert import Task, Verified
from workers.experts.given_tests import fault_of_tests
from workers.experts.prompt_examples import examples_in

DOUBLE = "def double(x):\n    return 2 * x"
LATEST_S = 3 * bubblewrap.WALL_S

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


@pytest.fixture
def sandboxed() -> None:
    """Bubblewrap must be there where `make test` installs it; a kernel may still refuse it."""
    why = bubblewrap.missing()
    installable = os.geteuid() == 0 and shutil.which("apt-get") is not None
    if why and installable and shutil.which("bwrap") is None:
        pytest.fail(f"{why}: run `make debian`, or apt-get install bubblewrap")
    if why:
        pytest.skip(f"NOT TESTED, code is run in Monty here: {why}")


def verified(code: str, tests: str = "", prompt: str = "Write it.") -> Verified:
    return EXPERT.verify(Task(prompt, tests=tests), ("Plan.", f"```python\n{code}\n```"), None)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_code_is_stopped_and_never_passes(name: str) -> None:
    """In whichever sandbox there is; bubblewrap runs all of Python, and so knows that it failed."""
    started = time.perf_counter()
    found = verified(HOSTILE[name], "assert True")
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
    found = verified("pass", tests)
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


@pytest.mark.parametrize(
    "tests",
    [
        "x = 1",
        "# nothing",
        "double(2)",
        "double(2) == 5",
        "def test_double():\n    assert double(2) == 5",  # which nothing calls
        "def one():\n    assert False\ndef two():\n    one()\ndouble(2)",
        "class T:\n    def test(self):\n        raise ValueError",
        "assert double(",
    ],
)
def test_tests_that_assert_nothing_show_nothing(tests: str) -> None:
    assert fault_of_tests(tests)
    assert verified(DOUBLE, tests).status == "unverified"


@pytest.mark.parametrize(
    "tests",
    [
        "assert double(2) == 4",
        "for n in range(3):\n    assert double(n) == 2 * n",
        "def check(f):\n    assert f(2) == 4\ndef all_of():\n    check(double)\nall_of()",
        "if double(2) != 4:\n    raise ValueError",
    ],
)
def test_tests_that_assert_are_run(tests: str) -> None:
    assert not fault_of_tests(tests)
    assert verified(DOUBLE, tests).status == "ok"
    assert verified(DOUBLE.replace("2", "3"), tests).status == "failed"


def test_a_prompt_of_very_many_examples_gives_the_first_of_them_soon() -> None:
    started = time.perf_counter()
    assert examples_in("Write f. " + "f(1) -> 2, " * 9_000) == "assert (f(1)) == (2)"
    many = examples_in("".join(f"f({n}) -> {n}, " for n in range(9_000)))
    assert many.splitlines() == [f"assert (f({n})) == ({n})" for n in range(20)]
    for odd in ("f(1) -> x, ", "f(1) -> [, ", "f(", "f(((1))) ", ">>> f(1)\n[1\n", "```"):
        examples_in("Write f. " + odd * 9_000)
        last_code((odd * 9_000,))
    assert time.perf_counter() - started < LATEST_S


def test_a_value_that_is_longer_than_is_read_is_no_example() -> None:
    assert examples_in(f"f(1) -> {'9' * 5_000}") == ""
    assert examples_in(f"f(1) -> {'9' * 500}") == f"assert (f(1)) == ({'9' * 500})"


def test_examples_in_the_prompt_decide_where_no_tests_are_given() -> None:
    prompt = "Write double(x): double(2) -> 4 and double(0) -> 0."
    assert verified(DOUBLE, prompt=prompt).status == "ok"
    assert verified(DOUBLE.replace("2 *", "3 *"), prompt=prompt).status == "failed"
    assert verified(DOUBLE).status == "unverified"


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


@pytest.mark.parametrize(
    ("prompt", "tests"),
    [
        (
            "is_prime(7) -> True and is_prime(8) -> False.",
            "assert (is_prime(7)) == (True)\nassert (is_prime(8)) == (False)",
        ),
        (">>> f('a')\n'aa'", "assert (f('a')) == ('aa')"),
        ('`rev("ab")` returns `"ba"`.', 'assert (rev("ab")) == ("ba")'),
        ("so that fib(10) == 55", "assert (fib(10)) == (55)"),
        ("f([1, 2], k=3) => [3, 6]", "assert (f([1, 2], k=3)) == ([3, 6])"),
        ("It must pass: assert f(1) == 2", "assert (f(1)) == (2)"),
        ("f(2) is 4, f(3) is 9.", "assert (f(2)) == (4)\nassert (f(3)) == (9)"),
        ("price(3) -> 1,000,000", "assert (price(3)) == (1000000)"),
        ("pop('Bonn') gives 330,000.", "assert (pop('Bonn')) == (330000)"),
        ("t(1) -> -12,034, t(2) -> 7", "assert (t(1)) == (-12034)\nassert (t(2)) == (7)"),
        ("f(1) -> 1, 2", "assert (f(1)) == (1, 2)"),
        ("f(1) -> [1,2]", "assert (f(1)) == ([1,2])"),
        ("f(1)->2,f(2)-> 3", "assert (f(2)) == (3)"),
        ("f(1) -> 4. Then", "assert (f(1)) == (4)"),
        ("half(5) -> 2.5 (a float)", ""),
        ("price(2) returns 9.99 dollars", ""),
        ("pop('Bonn') gives 330,000 people", ""),
        ("mean([1, 2]) is 1.5 on average", ""),
        ("f(1) -> 100,200", ""),  # a number, or two
        ("f(1) -> 1,5", ""),
        ("f(1) -> [1,000, 2]", ""),
        ("f(1,000) -> 2", ""),
        ("time(90) -> 1:30", ""),
        ("if f(2) is 4, stop", ""),
        ("f(2) -> 4, f(2) -> 5", ""),  # which?
        ("def f(x) -> int: double it", ""),
        ("f(x) -> 4", ""),
        ("print(2) -> 2", ""),
        ("fib(10) is large", ""),
    ],
)
def test_examples_are_read_from_prompts(prompt: str, tests: str) -> None:
    assert examples_in(prompt) == tests


@pytest.mark.parametrize(
    ("prompt", "tests"),
    [
        ("Fix this code: def add(a, b): return a - b\n>>> add(2, 3)\n-1", ""),
        ("Fix this code:\nadd(2, 3) returns -1 instead of 5", ""),
        ("Why is add(2, 3) == -1, and not 5? Fix it.", ""),
        ("Currently f(3) gives 4. I expect f(3) to give 9.", "assert (f(3)) == (9)"),
        ("Buggy: f(2) returns 5. Fix it so that f(2) returns 4.", "assert (f(2)) == (4)"),
        (
            "f(1) is 7, which is wrong. It must be fixed such that f(2) -> 4 and f(3) -> 9.",
            "assert (f(2)) == (4)\nassert (f(3)) == (9)",
        ),
        ("The current wrong code gives f(2) -> 5 but it should give 4. Fix f.", ""),
        ("f(2) returns 5 but should return 4.", ""),
        ("f(2) should return 4 but returns 5.", "assert (f(2)) == (4)"),
        ("My code prints\n>>> f(2)\n5\nbut I want 4", ""),
        ("This fails:\nassert f(3) == 4\nbut f(3) is 5", ""),
        ("Fix f. These must pass:\nassert f(3) == 4\nassert f(4) == 5", None),
        ("I did not expect f(2) == 5.", ""),
    ],
)
def test_what_is_called_a_fault_is_no_example(prompt: str, tests: str | None) -> None:
    expected = "assert f(3) == 4\nassert f(4) == 5" if tests is None else tests
    found = examples_in(prompt)
    if tests is None:
        assert set(expected.splitlines()) <= set(found.splitlines())
    else:
        assert found == expected


def test_an_example_with_a_fraction_allows_for_rounding() -> None:
    third = "def third(x):\n    return x / 3"
    assert verified(third, prompt="third(1) -> 0.333333333").status == "ok"
    assert verified(third, prompt="third(1) -> 0.34").status == "failed"


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
