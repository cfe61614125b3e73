"""Postgres, Valkey and the model server: ours, unless the operator brings them."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from kwsite.stack.child import Child
from kwsite.stack.failure import StackFailure
from kwsite.stack.kept_choices import keep_port, keep_secrets
from kwsite.stack.llama_model import chosen_model
from kwsite.stack.llama_part import llama_url, start_llama, wait_for_llama
from kwsite.stack.postgres import database_url, start_postgres, wait_for_postgres
from kwsite.stack.progress import step
from kwsite.stack.replacements import (
    Replacements,
    require_database,
    require_model_server,
    require_redis,
)
from kwsite.stack.valkey import redis_url, start_valkey, wait_for_valkey

Wait = Callable[[], None]
EMBEDDED = ("postgres", "valkey", "llama")


class Embedded:
    """Starts what is ours at once; each part is then waited for by its own step."""

    def __init__(
        self,
        home: Path,
        environment: Mapping[str, str],
        replaced: Replacements,
        add: Callable[[Child], Child],
    ) -> None:
        self.addresses: dict[str, str] = {}
        self._home = home
        self._environment = environment
        self._secrets = keep_secrets(home)
        self._replaced = replaced
        self._model = chosen_model(environment.get("KW_LLM_GGUF", ""))
        if self._model.file and replaced.model_server is not None:
            raise StackFailure(
                "llama: KW_LLM_GGUF is for the embedded model server, and the settings name "
                "another. Unset it, or unset KW_LLM_BASE_URL and KW_LLM_PROVIDER."
            )
        self._add = add
        self._waits: dict[str, Wait] = {}
        self._began = time.monotonic()

    @property
    def has_model_server(self) -> bool:
        return self._replaced.model_server is None

    def start(self) -> None:
        """Sets `addresses`: the settings by which the service finds these parts."""
        self._began = time.monotonic()
        self._start_database()
        self._start_redis()
        self._start_model_server()

    def wait_for_stores(self) -> None:
        for name in ("postgres", "valkey"):
            self._wait_for(name)

    def wait_for_model_server(self) -> None:
        self._wait_for("llama")

    def _wait_for(self, name: str) -> None:
        if name in self._waits:
            with step(name, since=self._began):
                self._waits[name]()

    def _start_database(self) -> None:
        if self._replaced.database_url is not None:
            require_database(self._replaced.database_url)
            self.addresses["DATABASE_URL"] = self._replaced.database_url
            return
        port, password = keep_port(self._home, "postgres"), self._secrets.postgres_password
        server = self._add(
            start_postgres(
                home=self._home, port=port, password=password, environment=self._environment
            )
        )
        self._waits["postgres"] = lambda: wait_for_postgres(server, port=port, password=password)
        self.addresses["DATABASE_URL"] = database_url(port=port, password=password)

    def _start_redis(self) -> None:
        if self._replaced.redis_url is not None:
            require_redis(self._replaced.redis_url)
            self.addresses["REDIS_URL"] = self._replaced.redis_url
            return
        port, password = keep_port(self._home, "valkey"), self._secrets.valkey_password
        server = self._add(
            start_valkey(
                home=self._home, port=port, password=password, environment=self._environment
            )
        )
        url = redis_url(port=port, password=password)
        self._waits["valkey"] = lambda: wait_for_valkey(server, url=url)
        self.addresses["REDIS_URL"] = url

    def _start_model_server(self) -> None:
        if self._replaced.model_server is not None:
            require_model_server(self._replaced.model_server)
            self.addresses |= self._replaced.model_server
            return
        port = keep_port(self._home, "llama")
        found_by = {
            "KW_LLM_PROVIDER": "llguidance",
            "KW_LLM_BASE_URL": llama_url(port=port),
            "KW_LLM_API_KEY": self._secrets.llama_key,
            "KW_LLM_MODEL": self._model.name,
        }
        server = self._add(
            start_llama(
                home=self._home,
                port=port,
                model=self._model,
                environment={**self._environment, **found_by},
            )
        )
        self._waits["llama"] = lambda: wait_for_llama(server, port=port)
        self.addresses |= found_by
