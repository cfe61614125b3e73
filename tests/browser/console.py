"""The running service that the browser looks at."""

import os
import subprocess
import sys
from dataclasses import dataclass

from tests.e2e.service_client import Service
from tests.stack_fixtures import StackProcess


@dataclass
class Console:
    """`seeded` says whether something has happened in it since it was installed."""

    stack: StackProcess
    service: Service
    seeded: bool = False

    @property
    def url(self) -> str:
        return self.stack.admin_url

    def run(self, module: str, *arguments: str) -> str:
        """What a module prints that is run in the service's environment, as its commands are."""
        ended = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            env={
                **os.environ,
                **self.stack.env,
                "KW_HOME": str(self.stack.home),
                "DJANGO_SETTINGS_MODULE": "kwsite.settings",
            },
            capture_output=True,
            text=True,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.strip()
