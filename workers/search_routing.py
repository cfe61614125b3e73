"""Which worker a question goes to: what the router says, live as it is learned."""

from functools import lru_cache

from training.live_nets import LiveNets

from training.nets.roster import WORKERS
from workers.experts.registry import EXPERTS


@lru_cache(maxsize=1)
def live_nets() -> LiveNets:
    """The nets of this process. Workers beyond those that the router knows are asked by name."""
    known = {name: EXPERTS[name] for name in WORKERS}
    return LiveNets(
        {name: expert.examples for name, expert in known.items()},
        {name: (expert.depth, expert.simulations) for name, expert in known.items()},
    )
