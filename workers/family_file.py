"""A family of samples in a file that people write: from it a kernel is compiled."""

import json
import os
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from kernels.compiler.compile import Trace
from kernels.compiler.distinct import same_question
from kernels.conditions.checks import Subject
from kernels.conditions.kinds import Condition, SchemaCondition, require_schema
from kernels.slots import bind
from kernels.verify import verify
from trajectories.errors import KernelWeaveError
from workers.file_mistakes import mistakes


class FamilyError(KernelWeaveError):
    """The family file cannot be used."""


class FamilySample(BaseModel):
    """A prompt and its right output: an object, or text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompt: str
    output: dict[str, Any] | str

    @field_validator("prompt", "output")
    @classmethod
    def says_something(cls, said: dict[str, Any] | str) -> dict[str, Any] | str:
        if isinstance(said, str) and not said.strip():
            raise ValueError("it is empty")
        return said


class Family(BaseModel):
    """What the requests of a family share, and the samples."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: str = ""
    output_schema: dict[str, Any] | None = None
    conditions: tuple[Condition, ...] = ()
    samples: tuple[FamilySample, ...] = ()

    @field_validator("output_schema")
    @classmethod
    def is_schema(cls, schema: dict[str, Any] | None) -> dict[str, Any] | None:
        if schema is not None:
            require_schema(schema)
        return schema

    def problem_of(self, sample: FamilySample) -> str:
        """Why the sample breaks what the family asks of every output; empty when it does not.

        An object without anything in it is an output only where a schema lets it be one.
        """
        if not sample.output and self.output_schema is None:
            return "it is empty"
        asked = list(self.conditions)
        if self.output_schema is not None:
            asked.insert(0, SchemaCondition(json_schema=self.output_schema, label="output schema"))
        asked = [condition for condition in asked if condition.kind not in ("judge", "evidence")]
        verdict = verify(asked, Subject(bind(sample.prompt, self.system), sample.output))
        return verdict.reason if verdict.passed is False else ""

    def with_sample(self, sample: FamilySample) -> "Family":
        """The family with one sample more. Raises FamilyError."""
        asked = same_question(sample.prompt)
        if any(same_question(known.prompt) == asked for known in self.samples):
            raise FamilyError("This prompt is in the file already.")
        if problem := self.problem_of(sample):
            raise FamilyError(f"The output breaks what the family asks: {problem}")
        return self.model_copy(update={"samples": (*self.samples, sample)})

    def traces(self) -> list[Trace]:
        """The samples as successes, one of each prompt; nobody knows what they cost.

        Raises FamilyError, also where one prompt is answered in two ways.
        """
        found: dict[str, FamilySample] = {}
        for number, sample in enumerate(self.samples, start=1):
            if problem := self.problem_of(sample):
                raise FamilyError(f"Sample {number} breaks what the family asks: {problem}")
            known = found.setdefault(same_question(sample.prompt), sample)
            if known.output != sample.output:
                raise FamilyError(f"Sample {number} has another output for a prompt before it.")
        return [self._trace(sample) for sample in found.values()]

    def _trace(self, sample: FamilySample) -> Trace:
        is_text = isinstance(sample.output, str)
        return Trace(
            prompt=sample.prompt,
            system=self.system,
            output=None if is_text else sample.output,
            text=str(sample.output) if is_text else json.dumps(sample.output),
            output_schema=self.output_schema,
            events=1,
            passed_checks=1,
            tokens=0,
            reward=1.0,
        )


def sample_of(prompt: str, output: Any) -> FamilySample:
    """Raises FamilyError with what is wrong."""
    given = {"prompt": prompt, "output": output}
    try:
        return FamilySample.model_validate(given)
    except ValidationError as error:
        raise FamilyError("\n".join(mistakes(error, given))) from error


def new_family(system: str, output_schema: Any) -> Family:
    """Raises FamilyError with what is wrong."""
    given = {"system": system, "output_schema": output_schema}
    try:
        return Family.model_validate(given)
    except ValidationError as error:
        raise FamilyError("\n".join(mistakes(error, given))) from error


def read_family(file: Path) -> Family:
    """Raises FamilyError with the place of each mistake."""
    try:
        found = json.loads(file.read_bytes())
        return Family.model_validate_json(json.dumps(found))
    except FileNotFoundError as error:
        raise FamilyError(f"{file} is not there: make it with `manage.py kernels init`.") from error
    except ValidationError as error:
        raise FamilyError(
            "\n".join(f"{file}: {line}" for line in mistakes(error, found))
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise FamilyError(f"{file}: no JSON can be read: {error}") from error


def write_family(file: Path, family: Family) -> None:
    """Replaces the file at once, so that nobody reads half of it. Raises FamilyError."""
    text = json.dumps(family.model_dump(mode="json"), indent=1, ensure_ascii=False)
    new = file.with_name(f".{file.name}.new")
    try:
        new.write_text(f"{text}\n")
        os.replace(new, file)
    except OSError as error:
        raise FamilyError(f"{file}: {error}") from error
