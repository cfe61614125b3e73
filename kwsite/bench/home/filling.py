"""Answers of several apps in a database, as many as are asked for, over three months."""

from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

CLIENTS = 8
DAYS = 90
CHUNK = 20_000
DENIED = 50  # one of so many is denied, and one approved


def fill(rows: int, advance: Callable[[int], Any]) -> int:
    """Adds `rows` trajectories from old to new, with feedback; a client's id.

    `advance` is told how many there are more. The figures of the database are brought up to date.
    """
    with connection.cursor() as cursor:
        cursor.execute(APPS)
        client = int(_one(cursor, "SELECT max(id) FROM trajectories_client"))
        for first in range(0, rows, CHUNK):
            last = min(first + CHUNK, rows)
            given = {"first": first, "last": last, "rows": rows, "client": client}
            with transaction.atomic():
                cursor.execute(TRAJECTORIES, given)
                cursor.execute(WORDS, given)
            advance(last - first)
        cursor.execute("ANALYZE")
    return client


def hours_to_count() -> int:
    """How many hours of clients are still to be counted."""
    with connection.cursor() as cursor:
        return int(_one(cursor, LEFT))


def _one(cursor: CursorWrapper, query: str) -> Any:
    cursor.execute(query)
    return cursor.fetchone()[0]


_IDS = "('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid"
_NUMBERS = "generate_series(%(first)s::int, %(last)s::int - 1) AS n"
LEFT = "SELECT count(*) FROM (SELECT DISTINCT hour, client_id FROM trajectories_stalehour) one"
APPS = f"""
    INSERT INTO trajectories_client (name, active, created_at)
    SELECT 'bench ' || n, true, now() FROM generate_series(1, {CLIENTS}) AS n
"""
TRAJECTORIES = f"""
    INSERT INTO trajectories_trajectory
        (id, client_id, prompt, system, plain, signature, question_digest, embedding,
         encoder_digest, domain, route, route_reason, kernel_name, output_text, checks, verified,
         model, prompt_tokens, completion_tokens, duration_ms, scored_at, created_at, closed_at)
    SELECT {_IDS}, %(client)s - n %% {CLIENTS}, 'Find the address in letter ' || n, '', true, '',
        '', array_fill(0.05::real, ARRAY[384])::vector, 'e', '',
        (ARRAY['kernel', 'reuse', 'generation', 'search', 'generation', 'agent'])[1 + n %% 6],
        CASE n %% 12 WHEN 2 THEN 'k failed its contract (no)' ELSE '' END, '',
        'ada@example.org', '[]', CASE n %% 10 WHEN 0 THEN NULL ELSE n %% 17 > 0 END, '',
        20 + n %% 30, n %% 40, 5 * exp(7 * random()), now(), at, at
    FROM (
        SELECT n, now() - interval '{DAYS} days' * (1 - n / %(rows)s::float) AS at FROM {_NUMBERS}
    ) filled
"""
WORDS = f"""
    INSERT INTO trajectories_feedback
        (client_id, trajectory_id, verdict, comment, answer, created_at)
    SELECT %(client)s - n %% {CLIENTS}, {_IDS},
        CASE n %% {DENIED} WHEN 0 THEN 'incorrect' ELSE 'correct' END, '', '', now()
    FROM {_NUMBERS} WHERE n %% {DENIED} < 2
"""
