"""Trajectories of agents in a database, as many as are asked for, as the taps would leave them."""

from collections.abc import Callable
from typing import Any

import psycopg

EVENTS = 5  # a trajectory
CHUNK = 20_000
DAYS = 28  # over which they are spread


def fill(database_url: str, trajectories: int, advance: Callable[[int], Any]) -> None:
    """Adds closed and scored trajectories of one client, with their events and vectors.

    `advance` is told how many there are more. The figures of the database are brought up to date.
    """
    with psycopg.connect(database_url, autocommit=True) as connection:
        (client,) = _one(connection, "SELECT min(id) FROM trajectories_client")
        (first,) = _one(
            connection, "SELECT count(*) FROM trajectories_agentsession WHERE agent = 'bench'"
        )
        first *= 5
        while first < trajectories:
            last = min(first + CHUNK, trajectories)
            with connection.transaction():
                for statement in (SESSIONS, TRAJECTORIES, TURNS, STORED_EVENTS):
                    connection.execute(
                        statement, {"first": first, "last": last, "client": client, "days": DAYS}
                    )
            advance(last - first)
            first = last
        connection.execute("ANALYZE")


def _one(connection: psycopg.Connection[Any], query: str) -> Any:
    return connection.execute(query).fetchone()


_IDS = "('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid"
_AT = "now() - interval '1 day' * (%(days)s * random())"
_NUMBERS = "generate_series(%(first)s::int, %(last)s::int - 1) AS n"
SESSIONS = f"""
    INSERT INTO trajectories_agentsession (id, client_id, key, agent, source, started_at)
    SELECT {_IDS}, %(client)s, 'filled ' || n, 'bench', 'rest', now()
    FROM {_NUMBERS} WHERE n %% 5 = 0
"""
TRAJECTORIES = f"""
    INSERT INTO trajectories_trajectory
        (id, client_id, prompt, system, plain, signature, question_digest, embedding,
         encoder_digest, domain, route, route_reason, kernel_name, output_text, checks, model,
         prompt_tokens, completion_tokens, duration_ms, reward, reward_parts, advantage,
         scored_at, created_at, closed_at)
    SELECT {_IDS}, %(client)s, 'Mend what is broken in part ' || n, '', false, '', '',
        array_fill(0.05::real, ARRAY[384])::vector, 'e',
        'domain ' || n %% 50, 'agent', '', '', 'It is done.', '[]', '', 0, 0, 60000, random(),
        '{{}}', random() - .5, now(), at, at
    FROM (SELECT n, {_AT} AS at FROM {_NUMBERS}) filled
"""
TURNS = f"""
    INSERT INTO trajectories_agentturn
        (trajectory_id, session_id, place, cwd, skill, next_sequence, corrected_by, redacted, cut)
    SELECT {_IDS}, {_IDS.replace("to_hex(n)", "to_hex(n - n %% 5)")}, n %% 5,
        '/home/ann/shop', '', {EVENTS}, '', 0, '{{}}'
    FROM {_NUMBERS}
"""
STORED_EVENTS = f"""
    INSERT INTO trajectories_event (trajectory_id, sequence, key, kind, payload, at, duration_ms)
    SELECT {_IDS}, number, gen_random_uuid(), 'tool_result',
        '{{"tool": "Bash", "parameters": {{"command": "make test"}}, "ok": true, "error": "",
          "output": "12 passed in 3.4 s"}}', t.created_at, 120
    FROM {_NUMBERS} JOIN trajectories_trajectory t ON t.id = {_IDS},
        generate_series(0, {EVENTS - 1}) AS number
"""
