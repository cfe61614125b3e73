"""What every process loads (models, admin, URLs) does not load torch, which takes seconds."""

import subprocess
import sys

LOADED = """
import sys, django
django.setup()
import kwsite.urls
found = sorted(name for name in ("torch", "transformers") if name in sys.modules)
sys.exit(", ".join(found) or 0)
"""


def test_the_web_process_starts_without_torch() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 0, ended.stderr
