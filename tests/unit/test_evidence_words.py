"""What a reviewer reads about a kernel's contract."""

from io import StringIO

from rich.console import Console

from kernels.conditions.kinds import CelCondition
from kernels.evidence_words import mutation
from kernels.mutation import Accepted, MutationScore, mutation_score
from kernels.slots import bind
from kwsite.commandline.kernel_tables import mutation_table


def score(*answers: str) -> MutationScore:
    accepted = [Accepted(bind(str(n)), {"answer": answer}) for n, answer in enumerate(answers)]
    return mutation_score([CelCondition(expression="output.answer != ''")], accepted, ())


def shown(found: MutationScore) -> tuple[str, str]:
    """In the admin, and on the command line however it is broken into lines."""
    out = StringIO()
    Console(file=out, width=120).print(mutation_table(found))
    return str(mutation(found.as_json())), " ".join(out.getvalue().split())


def test_it_says_why_there_is_no_score() -> None:
    assert all("all accepted outputs are equal" in text for text in shown(score("yes", "yes")))
    assert all("nothing to change" in text for text in shown(score()))


def test_it_says_what_share_is_refused() -> None:
    assert all("% refused" in text for text in shown(score("yes", "no")))
