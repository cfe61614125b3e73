"""Parts that the operator brings: each is tried before anything is started on it."""

from collections.abc import Mapping
from dataclasses import dataclass

import httpx2
import openai
import psycopg
import psycopg.conninfo
import redis

from kwsite.env import said
from kwsite.stack.failure import StackFailure

WAIT_S = 5


@dataclass(frozen=True)
class Replacements:
    """Addresses from the environment; None for a part that stays embedded."""

    database_url: str | None
    redis_url: str | None
    model_server: Mapping[str, str] | None


def replacements_asked_for() -> Replacements:
    own_model = said("KW_LLM_BASE_URL") or (said("KW_LLM_PROVIDER") or "openai") != "openai"
    return Replacements(
        database_url=said("DATABASE_URL") or None,
        redis_url=said("REDIS_URL") or None,
        model_server=_model_server() if own_model else None,
    )


def _model_server() -> dict[str, str]:
    names = ("KW_LLM_PROVIDER", "KW_LLM_BASE_URL", "KW_LLM_API_KEY", "KW_LLM_MODEL")
    return {name: text for name in names if (text := said(name))}


def require_database(url: str) -> None:
    try:
        psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        # Not quoted and not chained: the parser repeats the address, password included.
        raise StackFailure(
            "database: DATABASE_URL is not the address of a PostgreSQL database. Write it as "
            "postgresql://user:password@host:5432/name, or unset it to use the embedded one."
        ) from None
    try:
        with psycopg.connect(url, connect_timeout=WAIT_S, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
    except psycopg.Error as error:
        raise StackFailure(
            f"database: DATABASE_URL cannot be used: {_one_line(error)}. "
            "Start that server (PostgreSQL with pgvector), correct DATABASE_URL, "
            "or unset it to use the embedded one."
        ) from error


def require_redis(url: str) -> None:
    try:
        with redis.Redis.from_url(
            url, socket_connect_timeout=WAIT_S, socket_timeout=WAIT_S, retry=None
        ) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise StackFailure(
            f"redis: REDIS_URL cannot be used: {_one_line(error)}. "
            "Start that server, correct REDIS_URL, or unset it to use the embedded one."
        ) from error


def require_model_server(values: Mapping[str, str]) -> None:
    """Asks an OpenAI-compatible server for its models; others are tried by the self-check."""
    if values.get("KW_LLM_PROVIDER", "openai") not in ("openai", "llguidance", "vllm"):
        return
    try:
        client = openai.OpenAI(
            base_url=values["KW_LLM_BASE_URL"],
            api_key=values.get("KW_LLM_API_KEY", "none"),
            timeout=WAIT_S,
            max_retries=0,
        )
        client.models.list()
    except openai.NotFoundError as error:
        _require_chat_path(client, values, error)
    # An address or a key that cannot be sent at all is no error of the SDK's own.
    except (openai.OpenAIError, httpx2.InvalidURL, ValueError) as error:
        raise StackFailure(
            f"model server: KW_LLM_BASE_URL={values['KW_LLM_BASE_URL']} cannot be used: "
            f"{_one_line(error)}. Start that server, correct KW_LLM_BASE_URL or "
            "KW_LLM_API_KEY, or unset them to use the embedded one."
        ) from error


def _require_chat_path(
    client: openai.OpenAI, values: Mapping[str, str], no_list: openai.NotFoundError
) -> None:
    """Some servers do not list their models; one without chat completions is at another path."""
    try:
        client.chat.completions.create(
            model=values.get("KW_LLM_MODEL", "default"),
            messages=[{"role": "user", "content": "Hello"}],
            max_tokens=1,
        )
    except openai.NotFoundError as error:
        raise StackFailure(
            f"model server: KW_LLM_BASE_URL={values['KW_LLM_BASE_URL']} has no such path: "
            f"{no_list.request.url} and {error.request.url} answer 404 "
            f"({_one_line(error)[:200]}). Correct it: such an address looks like "
            "http://host:port/v1."
        ) from error
    except openai.OpenAIError:
        return  # The path is there; the self-check asks for a whole answer.


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")
