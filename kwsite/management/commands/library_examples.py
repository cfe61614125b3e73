"""Makes the examples that the first calibration is fitted on, after a change of the library."""

from typing import Any

from kernels.library.examples import FILE, make_examples, shipped_library, write_examples
from kwsite.management.quick_command import QuickCommand


class Command(QuickCommand):
    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        library = shipped_library()
        self.stdout.write(f"{len(library.prompts)} prompts against {len(library.starters)} kernels")
        examples = make_examples(library)
        write_examples(examples, library)
        self.stdout.write(f"{len(examples)} examples are in {FILE}: commit it with the change")
