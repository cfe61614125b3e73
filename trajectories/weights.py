"""KR7: how well a skill does, as a moving average of the rewards of what was done with it.

target = .5 + reward; w <- .9 w + .1 target; w stays in [.5, 1.5].
"""

KEEP = 0.9
TAKE = 0.1
LOWEST, HIGHEST = 0.5, 1.5
FIRST = 1.0
NEUTRAL = FIRST - 0.5  # the reward that leaves a weight at its first value


def after(weight: float, reward: float) -> float:
    """The weight after one more reward in [0, 1]."""
    return _bounded(KEEP * weight + TAKE * (0.5 + reward))


def amended(weight: float, *, before: float, now: float, since: int) -> float:
    """The weight once a reward that it has learned from turned out to be another.

    `since` is how many rewards it has learned from after that one, each of which left .9 of what
    was before. So this is what the weight would be had the reward been `now` from the start.
    """
    return _bounded(weight + TAKE * KEEP**since * (now - before))


def forgotten(weight: float, *, reward: float, since: int) -> float:
    """The weight once a reward that it has learned from counts no more: as if it were neutral.

    What the weight was before that reward is not kept, so its step is not taken out as such.
    """
    return amended(weight, before=reward, now=NEUTRAL, since=since)


def _bounded(weight: float) -> float:
    return min(HIGHEST, max(LOWEST, weight))
