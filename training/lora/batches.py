"""Which conversations each iteration learns from: said by the seed alone, for every trainer."""

import random
from collections.abc import Iterator
from itertools import islice


def order(count: int, *, seed: int) -> Iterator[int]:
    """Without end: all of `count` in a random order, then all again in another."""
    epoch = 0
    while True:
        places = list(range(count))
        random.Random(f"{seed}:{epoch}").shuffle(places)
        yield from places
        epoch += 1


def batches(
    count: int, *, seed: int, size: int, iterations: int, begin: int = 0
) -> Iterator[list[int]]:
    """The places of each iteration after `begin`."""
    places = order(count, seed=seed)
    for iteration in range(iterations):
        batch = list(islice(places, size))
        if iteration >= begin:
            yield batch
