"""How much a part gives way to the others.

Linux shares a core between sessions first (`sched_autogroup`), and niceness counts only within one.
Each part is a session of its own, so its session is made nice, too.
"""

from pathlib import Path


def give_way(pid: int, niceness: int) -> bool:
    """Makes the session of a process nice; False where the system knows no such thing."""
    session = Path(f"/proc/{pid}/autogroup")
    if not session.exists():
        return False
    try:
        session.write_text(str(niceness))
    except OSError:  # the process has ended, or the system allows no change now
        return False
    return True
