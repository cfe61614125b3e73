"""The expert for writing programs in Python."""

import ast
from collections.abc import Sequence

from kernels.execution import Ask
from workers.experts.code_blocks import code_key, ends_in_code, last_code
from workers.experts.code_sandbox import try_code
from workers.experts.expert import Expert, StepCheck, Task, Verified
from workers.experts.given_tests import fault_of_tests
from workers.experts.prompt_examples import examples_in

INSTRUCTION = """\
Write Python. First say in one short paragraph how it works. Then, after a blank line, give the \
whole program in one ```python block, with every import it needs. No example calls, no input(). \
Stop after the block."""

PARSES = 0.5  # the score of code that parses, with nothing to hold it to

EXAMPLES = (
    "Write a Python function that reverses a string.",
    "Implement binary search over a sorted list.",
    "Write a function is_prime(n) such that is_prime(7) -> True.",
    "Fix this code: def add(a, b): return a - b",
    "Write a class Stack with push, pop and peek.",
    "Write a function that merges two sorted lists.",
    "def fib(n): complete this function so that fib(10) == 55",
    "Parse a CSV line with quoted fields in Python.",
    "Write a regular expression that matches ISO dates, in a function is_date(text).",
    "Why does this loop never end? while i < 10: print(i)",
    "Write a decorator that counts how often a function was called.",
    "Convert a nested dictionary to dotted keys in Python.",
    "Implement Dijkstra's algorithm for a graph given as adjacency lists.",
    "Refactor this function to use a list comprehension.",
    "Write a generator that yields the permutations of a list.",
)


def check_step(task: Task, steps: Sequence[str]) -> StepCheck:
    """Whether the code that the last step holds parses."""
    code = last_code(steps[-1:]) if steps else ""
    if not code:
        return StepCheck(None)
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        return StepCheck(False, f"it does not parse: {error}")
    return StepCheck(True, "it parses")


def verify(task: Task, steps: Sequence[str], ask: Ask | None) -> Verified:
    """`ok` only where given tests, or the examples in the prompt, ran and all held.

    Code that parses and has nothing to be held to, or could not be run, is `unverified`. `how`
    names the sandbox; without one that works, nothing passes. No model is asked.
    """
    code = last_code(steps)
    if not code:
        return Verified("failed", 0.0, "there is no finished block of Python", "parsed")
    parsed = check_step(task, (f"```python\n{code}\n```",))
    if parsed.ok is False:
        return Verified("failed", 0.0, parsed.reason, "parsed")
    tests = task.tests.strip() or examples_in(task.prompt)
    if not tests:
        return Verified("unverified", PARSES, "it parses; there is no test", "parsed")
    if fault := fault_of_tests(tests):
        return Verified("unverified", PARSES, f"it parses; of the tests, {fault}", "parsed")
    tried = try_code(code, tests)
    if tried.status == "could_not_run":
        return Verified("unverified", PARSES, f"it parses; {tried.reason}", tried.how)
    passed = tried.status == "passed"
    return Verified("ok" if passed else "failed", tried.share, tried.reason, tried.how)


EXPERT = Expert(
    name="code",
    title="Programming",
    examples=EXAMPLES,
    instruction=INSTRUCTION,
    depth=4,
    simulations=10,
    cache_threshold=0.87,
    related=("math", "logic"),
    is_terminal=ends_in_code,
    final_answer=last_code,
    vote_key=code_key,
    check_step=check_step,
    verify=verify,
    held_to=("tests",),
    temperature=0.5,
)
