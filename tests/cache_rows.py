"""An entry of the cache and one reuse of it, as rows, for pages that show them."""

from kernels.models import CacheEntry, CacheHit, NearReuse
from tests.kernel_rows import EMBEDDING
from training.nets.roster import WORKERS
from trajectories.models import Trajectory


def add_cache_rows(*, source: Trajectory, reuse: Trajectory, number: int) -> None:
    """`number` tells the rows of several calls apart."""
    entry = CacheEntry.objects.create(
        trajectory=source,
        client_id=source.client_id,
        worker="math",
        strategy="lats",
        pins="d" * 64,
        max_tokens=100,
        embedding=EMBEDDING,
        encoder_digest="e" * 64,
    )
    CacheHit.objects.create(entry=entry, trajectory=reuse, worker="math", near=True, cosine=0.95)
    NearReuse.objects.create(worker=WORKERS[number], state="off", reason="1 of 3 were wrong.")
