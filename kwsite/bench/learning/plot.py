from pathlib import Path
from kwsite.bench.learning.outcome import Learning
def draw(found: Learning, file: Path) -> None: file.write_bytes(b"")
