"""One of several processes that train together: `python -m training.lora.peft_process FOLDER`."""

import json
import os
import sys
from pathlib import Path

from training.lora.dataset import read_dataset
from training.lora.job import LoraJob
from training.lora.peft_loop import Machine, fine_tune
from training.lora.peft_processes import REQUEST, is_forsaken, tell, tell_failure
from training.lora.trainer import Progress, TrainingFailed


def main(place: Path) -> int:
    request = json.loads((place / REQUEST).read_text(encoding="utf-8"))

    def report(progress: Progress) -> None:
        if os.environ.get("RANK", "0") == "0":
            tell(place, progress)

    try:
        fine_tune(
            LoraJob(**request["job"]),
            read_dataset(Path(request["data"])),
            Path(request["folder"]),
            Path(request["work"]),
            Machine(**request["machine"]),
            report=report,
            cancelled=lambda: is_forsaken(place),
        )
    except TrainingFailed as failure:
        tell_failure(place, failure)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
