"""docker/check.sh: the images' steps and the services of the compose file, without an engine."""

import os
import shutil
import subprocess

import pytest

from kwsite.env import CHECKOUT

SERVICES = ["web", "answers", "after", "learn", "train", "beat", "flower"]


@pytest.mark.timeout(1200)
@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("bwrap") is None,
    reason="NOT TESTED: the images' steps need root and bubblewrap",
)
def test_images_are_built_and_services_become_healthy_and_end_well() -> None:
    ended = subprocess.run(
        ["docker/check.sh"],
        env={**os.environ, "KW_GIVE_WAY": "off"},  # other tests run beside it
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=1150,
    )
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    for target in ("web", "worker", "trainer-gpu"):
        assert f"{target}: built, runs as 10001:10001" in ended.stdout
    for service in SERVICES:
        assert f"{service}: healthy; its check takes" in ended.stdout
    assert "ended well on SIGTERM" in ended.stdout
