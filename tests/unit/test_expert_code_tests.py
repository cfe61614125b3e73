"""Given tests show something of code only where asserts about it ran."""

import pytest

from tests.code_trial import DOUBLE, verified
from workers.experts import code_sandbox
from workers.experts.given_tests import fault_of_tests


@pytest.mark.parametrize(
    "tests",
    [
        "x = 1",
        "# nothing",
        "double(2)",
        "double(2) == 5",
        "def check_double():\n    assert double(2) == 5",  # which nothing calls
        "assert True",
        "assert (double(2) == 5, 'no')",
        "assert double(2) == 5 or True",
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


SHOW_NOTHING = (
    "for n in []:\n    assert double(n) == 5",
    "if False:\n    assert double(2) == 5",
    "def check(f):\n    assert f(2) == 5\nprint(check)",
    "import sys\nassert sys.path",
    "assert double",
    "assert callable(double)",
    "double(2)\nassert 1 + 1 == 2",
    "def double(x):\n    return 5\nassert double(2) == 5",  # which is not the code's
    "class T:\n    def test(self):\n        assert double(2) == 5\nT()",
    "def test_it(given):\n    assert double(given) == 5",
    "import numpy_of_nobody\nassert double(2) == 4",
)
CASE = "import unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n        {}"
COLLECTED = (
    "def test_a():\n    assert double(2) == 4",
    "def test_a():\n    assert double(2) == 4\n\nif __name__ == '__main__':\n    test_a()",
    "def test_a():\n    assert double(2) == 4\ntest_a",
    "class TestF:\n    def test_a(self):\n        assert double(2) == 4\nprint(TestF)",
    (
        "class TestF:\n    def setup_method(self):\n        self.r = double(2)\n"
        "    def test_a(self):\n        assert self.r == 4"
    ),
    CASE.format("self.assertEqual(double(2), 4)"),
    CASE.format("self.assertEqual(double(2), 4)\nunittest.main()"),
    CASE.format("with self.assertRaises(TypeError):\n            double(None)"),
    "if double(2) != 4:\n    raise ValueError",
    "try:\n    double(None)\n    assert False\nexcept TypeError:\n    pass",
    "got = double(2)\nassert got\nassert got + 0 == 4",
    "def check(f):\n    assert f(2) == 4\ncheck(double)",
)


@pytest.mark.usefixtures("sandboxed")
@pytest.mark.parametrize("tests", SHOW_NOTHING)
def test_tests_of_which_nothing_about_the_code_ran_show_nothing(tests: str) -> None:
    assert verified(DOUBLE, tests).status == "unverified"
    assert verified(DOUBLE.replace("2 * x", "5"), tests).status == "unverified"


@pytest.mark.usefixtures("sandboxed")
@pytest.mark.parametrize("tests", COLLECTED)
def test_tests_are_run_as_a_test_runner_would(tests: str) -> None:
    found = verified(DOUBLE, tests)
    assert found.status == "ok", found.reason
    found = verified("def double(x):\n    return 5", tests)
    assert found.status == "failed", found.reason


@pytest.mark.usefixtures("sandboxed")
def test_an_assert_that_fails_and_is_caught_shows_nothing() -> None:
    tests = "try:\n    assert double(2) == 5\nexcept AssertionError:\n    pass"
    found = verified(DOUBLE, tests)
    assert (found.status, "caught" in found.reason) == ("unverified", True)


@pytest.mark.usefixtures("sandboxed")
def test_a_test_that_was_called_is_not_run_again() -> None:
    code = "calls = []\ndef once():\n    calls.append(1)\n    return len(calls)"
    tests = "def test_a():\n    assert once() == 1\ntest_a()"
    assert verified(code, tests).status == "ok"


@pytest.mark.usefixtures("sandboxed")
def test_code_is_imported_and_its_module_is_there() -> None:
    code = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass P:\n    x: int\n"
        "if __name__ == '__main__':\n    raise ValueError('it is run as a script')"
    )
    assert verified(code, "assert P(1).x == 1").status == "ok"


EQUAL_TO_ALL = "class All:\n    def __eq__(self, other):\n        return True\n"
FORGED = (
    "import sys, json, os\n"
    "def double(x):\n"
    "    frame = sys._getframe()\n"
    "    while 'job' not in frame.f_locals or 'secret' not in frame.f_locals['job']:\n"
    "        frame = frame.f_back\n"
    "    job = frame.f_locals['job']\n"
    "    told = {'units': ['held'] * len(job['units']), 'reason': '', 'secret': job['secret']}\n"
    "    os.write(1, b'\\n' + json.dumps(told).encode() + b'\\n')\n"
    "    os._exit(0)\n"
)


@pytest.mark.usefixtures("sandboxed")
def test_where_a_literal_is_wanted_the_sandbox_is_not_told_it() -> None:
    for tests in ("assert double(2) == 4", "assert 4 == double(2)", "assert double(2) is True"):
        assert verified(f"{EQUAL_TO_ALL}def double(x):\n    return All()", tests).status != "ok"
        assert verified(FORGED, tests).status == "failed"
    assert verified(FORGED, prompt="double(2) -> 4.5").status == "failed"


@pytest.mark.usefixtures("sandboxed")
@pytest.mark.parametrize(
    ("value", "literal", "equal"),
    [
        ("True", "1", True),
        ("1.0", "1", True),
        ("Fraction(1, 2)", "0.5", True),
        ("Decimal('0.1')", "0.1", False),
        ("namedtuple('P', 'x y')(1, 2)", "(1, 2)", True),
        ("Counter('aab')", "{'b': 1, 'a': 2}", True),
        ("frozenset([2, 1])", "{1, 2}", True),
        ("{'a': 1}.keys()", "{'a'}", True),
        ("[1, 2]", "(1, 2)", False),
        ("(n for n in [1])", "[1]", False),
        ("float('nan')", "1e400", False),
        ("10**5000", "0", False),
        ("'[1]'", "[1]", False),
        ("'x' * 5000", "'" + "x" * 5000 + "'", True),
        ("1 + 0j", "1", True),
    ],
)
def test_values_are_equal_where_python_says_so(value: str, literal: str, equal: bool) -> None:
    code = (
        "from fractions import Fraction\nfrom decimal import Decimal\n"
        f"from collections import Counter, namedtuple\ndef f():\n    return {value}"
    )
    assert verified(code, f"assert f() == {literal}").status == ("ok" if equal else "failed")


def test_monty_counts_asserts_as_well() -> None:
    for tests in COLLECTED[:3]:
        assert code_sandbox.in_monty(DOUBLE, tests).status == "passed"
        assert code_sandbox.in_monty(DOUBLE.replace("2", "3"), tests).status == "failed"
    for tests in SHOW_NOTHING[:3]:
        assert code_sandbox.in_monty(DOUBLE, tests).status == "could_not_run"
