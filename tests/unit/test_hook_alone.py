"""The hook is one file that needs nothing but a Python from 3.9 on."""

import ast
import sys
import tomllib
from pathlib import Path

from clients.hook import kernelweave_hook
from tests.hook_process import FILE

SOURCE = FILE.read_text()


def test_it_imports_only_the_standard_library() -> None:
    imported = set()
    for node in ast.walk(ast.parse(SOURCE)):
        if isinstance(node, ast.Import):
            imported |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(str(node.module).split(".")[0])
    assert "json" in imported
    assert imported <= sys.stdlib_module_names


def test_it_is_written_in_python_3_9() -> None:
    ast.parse(SOURCE, feature_version=(3, 9))


def test_it_is_packed_as_that_one_file() -> None:
    packed = tomllib.loads((Path(FILE).parent / "pyproject.toml").read_text())
    assert packed["tool"]["setuptools"]["py-modules"] == [FILE.stem]
    assert packed["project"]["dependencies"] == []
    assert packed["project"]["requires-python"] == ">=3.9"
    module, function = packed["project"]["scripts"]["kernelweave-hook"].split(":")
    assert module == FILE.stem
    assert callable(getattr(kernelweave_hook, function))
