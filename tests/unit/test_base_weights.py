"""The weights that a job names are found on this machine, or it says where they should be."""

from pathlib import Path

import pytest

from training.lora.base_weights import EMBEDDED, weights_of
from training.lora.trainer import BadWeights


def test_embedded_is_the_installed_model() -> None:
    assert weights_of(EMBEDDED).read_bytes()[:4] == b"GGUF"


def test_embedded_is_the_file_that_the_embedded_server_serves(tmp_path: Path) -> None:
    own = tmp_path / "own.gguf"
    own.write_bytes(b"GGUF")
    assert weights_of(EMBEDDED, embedded=str(own)) == own


def test_a_directory_is_one_of_hugging_face(tmp_path: Path) -> None:
    with pytest.raises(BadWeights, match=r"has no config\.json"):
        weights_of(str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    assert weights_of(str(tmp_path)) == tmp_path


def test_what_is_not_on_this_machine_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadWeights, match=r"nothing\.gguf is not on this node"):
        weights_of(str(tmp_path / "nothing.gguf"))
