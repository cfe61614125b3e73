"""PostgreSQL and Valkey in a folder of their own."""

import os
from pathlib import Path

from kwsite.stack.kept_choices import keep_port, keep_secrets
from kwsite.stack.postgres import database_url, start_postgres, wait_for_postgres
from kwsite.stack.valkey import redis_url, start_valkey, wait_for_valkey

STOP_S = 60.0


class Stores:
    """For what needs no running service."""

    def __init__(self, home: Path) -> None:
        (home / "logs").mkdir(parents=True)
        kept = keep_secrets(home)
        port, password = keep_port(home, "postgres"), kept.postgres_password
        self._postgres = start_postgres(
            home=home, port=port, password=password, environment=os.environ
        )
        self.database_url = database_url(port=port, password=password)
        valkey_port = keep_port(home, "valkey")
        self.redis_url = redis_url(port=valkey_port, password=kept.valkey_password)
        self._valkey = start_valkey(
            home=home, port=valkey_port, password=kept.valkey_password, environment=os.environ
        )
        wait_for_postgres(self._postgres, port=port, password=password)
        wait_for_valkey(self._valkey, url=self.redis_url)

    def stop(self) -> None:
        self._valkey.stop(within_s=STOP_S)
        self._postgres.stop(within_s=STOP_S)
