"""The learning rate over a training: linear up to the job's, then half a cosine down to 0."""

MOST_WARM_UP = 10


def warm_up(iterations: int) -> int:
    """Iterations in which it rises: a tenth, at most ten. What is short begins at once."""
    return min(MOST_WARM_UP, iterations // 10)
