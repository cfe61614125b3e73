"""Trajectories in bulk: requests and agents' turns, with repeats and near-duplicates among them."""

import hashlib
import random
from functools import lru_cache
from uuid import UUID

from django.db import connection, transaction

from kernels.encoder import DIMENSIONS
from kernels.library.reading import labelled_prompts
from trajectories.models import Client, Trajectory

CHUNK = 50_000
VOCABULARY = 20_000
SYLLABLES = ("ba", "de", "fi", "go", "ku", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "zu")
FIRST, LATER = 0.6, 0.2  # shares of new prompts and of near-duplicates; the others are repeats
DOMAINS = 40
# What is the same for all; the rest is copied.
RUNS = """
INSERT INTO trajectories_run (id, client_id, status, request, decision, embedding, encoder_digest,
    response, attempts, claimed_by, created_at)
SELECT run, %(client)s, 'done', '{}', '{}', %(embedding)s::vector, '',
    '{"finish_reason": "stop"}', 1, '', now() FROM made WHERE run IS NOT NULL
"""
TRAJECTORIES = """
INSERT INTO trajectories_trajectory (id, run_id, client_id, prompt, system, plain, signature,
    question_digest, embedding, encoder_digest, domain, route, route_reason, kernel_name,
    output_text, checks, model, prompt_tokens, completion_tokens, duration_ms, reward, advantage,
    scored_at, created_at, closed_at)
SELECT id, run, %(client)s, prompt, '', run IS NOT NULL, '', question, %(embedding)s::vector, '',
    domain, CASE WHEN run IS NULL THEN 'agent' ELSE 'generation' END, 'bench', '', output, '[]',
    'bench', 1, 1, 1, .5, advantage, now(), now(), now() FROM made
"""


def fill(rows: int) -> None:
    """Adds what is missing to so many trajectories, the same ones each time."""
    client, _ = Client.objects.get_or_create(name="bench")
    start = Trajectory.objects.count()
    embedding = f"[{','.join(['0.05'] * DIMENSIONS)}]"
    given: dict[str, int | str] = {"client": client.pk, "embedding": embedding}
    for first in range(start, rows, CHUNK):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "CREATE TEMP TABLE made (id uuid, run uuid, prompt text, output text, "
                "question text, domain text, advantage float8) ON COMMIT DROP"
            )
            with cursor.copy("COPY made FROM STDIN") as copy:
                for number in range(first, min(first + CHUNK, rows)):
                    copy.write_row(_row(number))
            cursor.execute(RUNS, given)
            cursor.execute(TRAJECTORIES, given)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE trajectories_trajectory")
        cursor.execute("ANALYZE trajectories_run")


def _row(number: int) -> tuple[object, ...]:
    dice = random.Random(number)
    prompt = _prompt(number)
    answer = " ".join(_words(dice, dice.randint(5, 60)))
    of_agent = number % 2
    run = None if of_agent else UUID(int=number + 2**100)
    question = "" if of_agent else hashlib.sha256(prompt.encode()).hexdigest()
    domain = f"domain {number % DOMAINS}"
    return UUID(int=number), run, prompt, answer, question, domain, dice.uniform(-0.2, 0.5)


def _prompt(number: int) -> str:
    """New, one that was there with a word more, or one that was there."""
    dice = random.Random(f"prompt {number}")
    kind = dice.random()
    if number == 0 or kind < FIRST:
        return _new_prompt(dice)
    before = _prompt(dice.randrange(number))
    if kind > FIRST + LATER:
        return before
    return f"{before} {_words(dice, 1)[0]}"


def _new_prompt(dice: random.Random) -> str:
    """A form of a starter kernel's prompts with other words in it, or words alone."""
    if dice.random() < 0.5:
        return " ".join(_words(dice, dice.randint(6, 40)))
    form = dice.choice(_forms())
    return f"{' '.join(form.split()[:12])}: {' '.join(_words(dice, dice.randint(4, 30)))}"


@lru_cache(maxsize=1)
def _forms() -> list[str]:
    return [one.prompt for one in labelled_prompts()]


def _words(dice: random.Random, count: int) -> list[str]:
    """Words that do not exist, a few of them often and most of them rarely, as in any language."""
    vocabulary = _vocabulary()
    return [vocabulary[int(VOCABULARY ** dice.random())] for _ in range(count)]


@lru_cache(maxsize=1)
def _vocabulary() -> list[str]:
    dice = random.Random("vocabulary")
    return ["".join(dice.choices(SYLLABLES, k=dice.randint(1, 4))) for _ in range(VOCABULARY + 1)]
