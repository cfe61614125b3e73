"""A process that routes: it says which policy snapshot it works with whenever that changes.

Started by a test, as `python -m tests.db.live_process`; ends when its input does.
"""

import random
import sys
import threading
import time

import django


def main() -> None:
    django.setup()

    import numpy as np

    from tests.db.net_rows import embed_words, nets

    follower = nets(poll_s=2)
    ended = threading.Event()
    threading.Thread(target=_set_at_the_end_of_input, args=[ended], daemon=True).start()
    query, scalars = embed_words(["math question"])[0], np.zeros(14, dtype=np.float32)
    said: object = ""
    while not ended.is_set():
        choice = follower.policy().choose(query, scalars, epsilon=0, rng=random.Random())
        if choice.snapshot != said:
            said = choice.snapshot
            print(said, flush=True)
        time.sleep(0.05)


def _set_at_the_end_of_input(ended: threading.Event) -> None:
    sys.stdin.read()
    ended.set()


if __name__ == "__main__":
    main()
