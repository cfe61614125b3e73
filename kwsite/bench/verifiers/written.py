"""Right and wrong programs, and sentences with and without evidence, written for this bench."""

from collections.abc import Iterator

from kwsite.bench.verifiers.outcome import Item
from workers.experts.expert import Task

# prompt with examples; right programs; wrong ones
PROGRAMS = (
    (
        "Write is_prime(n): is_prime(7) -> True, is_prime(9) -> False, is_prime(1) -> False.",
        ("def is_prime(n):\n    return n > 1 and all(n % d for d in range(2, int(n**.5) + 1))",),
        (
            "def is_prime(n):\n    return all(n % d for d in range(2, n))",
            "def is_prime(n):\n    return n % 2 == 1",
            "def is_prime(n):\n    while True: pass",
        ),
    ),
    (
        "Write reverse_words(text): reverse_words('a b c') -> 'c b a', reverse_words('') -> ''.",
        ("def reverse_words(text):\n    return ' '.join(reversed(text.split(' ')))",),
        (
            "def reverse_words(text):\n    return text[::-1].upper()",
            "def reverse_words(text):\n    print(' '.join(text.split()[::-1]))",
        ),
    ),
    (
        "Write mean(values) so that mean([1, 2, 3, 4]) == 2.5 and mean([2]) == 2.0.",
        (
            "def mean(values):\n    return sum(values) / len(values)",
            "import statistics\ndef mean(values):\n    return statistics.fmean(values)",
        ),
        (
            "def mean(values):\n    return sum(values) // len(values)",
            "def mean(v):\n    return v[1]",
        ),
    ),
    (
        "Complete this.\n>>> flatten([1, [2, [3]]])\n[1, 2, 3]\n>>> flatten([])\n[]",
        ("def flatten(x):\n    return sum(map(flatten, x), []) if isinstance(x, list) else [x]",),
        (
            "def flatten(x):\n    return [z for y in x for z in y]",
            "def flatten(x):\n    return sum(x, [])",
        ),
    ),
    (
        "fib(10) should return 55, and fib(0) should return 0.",
        ("def fib(n):\n    a, b = 0, 1\n    for _ in range(n): a, b = b, a + b\n    return a",),
        (
            "def fib(n):\n    a, b = 1, 1\n    for _ in range(n): a, b = b, a + b\n    return a",
            "def fib(n):\n    return fib(n - 1) + fib(n - 2)",
        ),
    ),
)
EVIDENCE = (
    "Lena Park founded Orchard Labs in Oslo in 2011. Its first product, a soil sensor, sold 12,000"
    " units in 2013. Tomas Berg joined as chief engineer in 2014. The firm does not sell to farms"
    " outside Norway. In 2019 it moved to Bergen, where it employs 85 people."
)
SUPPORTED = (
    "Lena Park founded Orchard Labs in 2011.",
    "The soil sensor sold 12,000 units in 2013.",
    "Tomas Berg joined in 2014 as chief engineer.",
    "It does not sell to farms outside Norway.",
    "In 2019 the firm moved to Bergen.",
    "It employs 85 people in Bergen.",
    "2011",
    "Orchard Labs was started by Lena Park.",
    "Since 2019 its home is Bergen.",
    "Eighty-five people work there.",
)
UNSUPPORTED = (
    "Lena Park founded Orchard Labs in 2013.",
    "Tomas Berg founded Orchard Labs in 2011.",
    "The soil sensor sold 21,000 units in 2013.",
    "Tomas Berg joined in 2011.",
    "It sells to farms outside Norway.",
    "In 2019 the firm moved to Oslo.",
    "It employs 58 people in Bergen.",
    "Orchard Labs is the largest maker of sensors.",
    "Lena Park moved to Bergen in 2014.",
    "Orchard Labs was not founded by Lena Park.",
)


def items() -> Iterator[Item]:
    for prompt, right, wrong in PROGRAMS:
        for code in (*right, *wrong):
            steps = ("It works so.", f"```python\n{code}\n```")
            yield Item("code", "examples", Task(prompt), steps, code in right)
    task = Task("What does it say?", evidence=(EVIDENCE,))
    for said in (*SUPPORTED, *UNSUPPORTED):
        yield Item("factual", "evidence", task, (f"Answer: {said}",), said in SUPPORTED)
