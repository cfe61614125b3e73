"""How far routers get by what they are told alone: no model, no search, no gate.

Each query of the stream is judged by a person, as the first ones are in the whole bench.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from kwsite.bench.grid import Grid, percent
from kwsite.bench.learning.family import Query
from kwsite.bench.learning.figures import accuracy, like_stream
from kwsite.bench.learning.grids import PARTS
from kwsite.bench.learning.outcome import Routed
from kwsite.bench.learning.predicting import chosen
from kwsite.bench.learning.stream import crossed, held_out, part_of, stream
from training.nets.policy import policy_inputs
from training.nets.roster import WORKERS, place_of
from training.policy.cold_start import first_net
from training.policy.learning import Lessons, PolicyConfig, fit_policy
from training.policy.material import first_lessons
from training.policy.text_features import text_features
from training.splits import is_held_out, query_digest
from training.text_vectors import TextVectors
from workers.nets import EFFORTS, EXAMPLES

TOLD = (50, 150, 300)
NEAREST = "nearest example, untaught"


def measure_routers(vectors: TextVectors, *, count: int) -> list[Routed]:
    """On `count` held-out queries and half as many on other workers' subjects.

    A quarter of what was told is left out of fitting, as in service.
    """
    asked = [*held_out(count), *crossed(count // 2)]
    first = first_lessons(EXAMPLES, EFFORTS, vectors)
    choices: dict[str, Sequence[str]] = {
        NEAREST: nearest_examples(asked, EXAMPLES, vectors),
        "cold start: the net fitted on the examples": chosen(first_net(first), asked, vectors),
    }
    for told in TOLD:
        known = [q for q in stream(TOLD[-1])[:told] if not is_held_out(query_digest(q.text))]
        net = fit_policy(first, as_lessons(known, vectors), PolicyConfig()).net
        choices[f"told {told}"] = chosen(net, asked, vectors)
    return [
        Routed(0, by, n, part_of(query), query.worker, worker)
        for by, workers in choices.items()
        for n, (query, worker) in enumerate(zip(asked, workers, strict=True))
    ]


def nearest_examples(
    queries: Sequence[Query], examples: Mapping[str, Sequence[str]], vectors: TextVectors
) -> list[str]:
    """The worker that has the example prompt with the highest cosine."""
    asked = vectors.matrix([query.text for query in queries])
    nearest = [(asked @ vectors.matrix(examples[worker]).T).max(1) for worker in WORKERS]
    return [WORKERS[place] for place in np.column_stack(nearest).argmax(1)]


def as_lessons(queries: Sequence[Query], vectors: TextVectors) -> Lessons:
    """What is learned from a person's word on each; of effort they say nothing."""
    texts = [query.text for query in queries]
    ones = np.ones(len(texts), dtype=np.float32)
    return Lessons(
        policy_inputs(vectors.matrix(texts), np.stack([text_features(text) for text in texts])),
        np.array([place_of(query.worker) for query in queries], dtype=np.int64),
        ones,
        np.nan * ones,
        np.nan * ones,
        ones.astype(np.bool_),
    )


def routers_grid(routed: Sequence[Routed]) -> Grid:
    rows = []
    for by in dict.fromkeys(one.by for one in routed):
        own = [one for one in routed if one.by == by]
        cells = [percent(accuracy([one for one in own if one.part == part])) for part in PARTS]
        rows.append((by, *cells[:2], percent(accuracy(like_stream(own))), cells[2]))
    columns = ("router", *PARTS[:2], "both", PARTS[2])
    return Grid("Routers by what they are told alone", columns, tuple(rows))
