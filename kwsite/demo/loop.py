"""The loop on real prompts: learn, wait for candidates, have them approved, compare."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.contrib.auth.models import User
from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from kernels.models import KernelVersion
from kernels.review import approve_candidate, is_weak
from kwsite.commandline.client import ServiceClient
from kwsite.demo.asking import Answered, ask, ask_model, learn
from kwsite.demo.families import FAMILIES
from kwsite.demo.family import Family
from kwsite.demo.standing import Standing, standing_of
from kwsite.demo.table import answers_table
from trajectories.models import Trajectory

WAIT_S = 60.0
POLL_S = 0.5


@dataclass
class Course:
    """What a family's prompts came to so far."""

    family: Family
    learned: list[Answered] = field(default_factory=list)
    before: list[Answered] = field(default_factory=list)
    after: list[Answered] = field(default_factory=list)

    @property
    def standing(self) -> Standing:
        example = Trajectory.objects.select_related("client").get(run_id=self.learned[0].run_id)
        return standing_of(client=example.client, signature=example.signature)


class Demo:
    """The phases, in order. `console` shows each answer as it comes."""

    def __init__(self, client: ServiceClient, console: Console) -> None:
        self.courses = [Course(family) for family in FAMILIES]
        self._client = client
        self._console = console

    def learn(self) -> None:
        for course in self.courses:
            name = f"{course.family.name}: learning"
            course.learned = self._show(name, learn(self._client, course.family))
            served = sum(one.route == "kernel" for one in course.learned)
            if served:
                self._console.print(
                    f"A kernel of an earlier run served {served} of these. The comparison holds "
                    "all the same: held-out prompts go to the model alone first."
                )

    def wait_for_candidates(self) -> None:
        """Returns when no family is about to get a candidate, at the latest after a minute."""
        deadline = time.monotonic() + WAIT_S
        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._console, transient=True) as progress:
            task = progress.add_task("candidates", total=len(self.courses))
            while time.monotonic() < deadline:
                standings = [course.standing for course in self.courses]
                progress.update(task, completed=sum(one.is_settled for one in standings))
                if not any(one.may_settle for one in standings):
                    return
                time.sleep(POLL_S)

    def ask_model_first(self) -> None:
        for course in self.courses:
            asked = ask_model(self._client, course.family, course.family.held_out)
            course.before = self._show(f"{course.family.name}: held out, before", asked)

    def approve(self, user: User | None) -> list[KernelVersion]:
        """Approves all candidates of the demo's families, also those whose contract is weak."""
        return [
            approve_candidate(version=version, user=user, reason="demo", override=is_weak(version))
            for version in self.candidates()
        ]

    def candidates(self) -> list[KernelVersion]:
        return [version for course in self.courses for version in course.standing.candidates]

    def wait_for_decisions(self) -> None:
        """Returns when no candidate waits any more."""
        with self._console.status("waiting for the candidates to be decided on; Ctrl-C ends"):
            while self.candidates():
                time.sleep(POLL_S)

    def ask_again(self) -> None:
        for course in self.courses:
            asked = ask(self._client, course.family, course.family.held_out)
            course.after = self._show(f"{course.family.name}: held out, after", asked)

    def _show(self, title: str, coming: Iterator[Answered]) -> list[Answered]:
        answers: list[Answered] = []
        with Live(console=self._console, refresh_per_second=4, transient=True) as live:
            for answered in coming:
                answers.append(answered)
                live.update(answers_table(title, answers))
        self._console.print(answers_table(title, answers))
        return answers
