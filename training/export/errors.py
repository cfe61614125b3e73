"""What keeps an export from being made."""

from trajectories.errors import KernelWeaveError


class ExportError(KernelWeaveError):
    """Nothing was exported."""


class UnusableTemplate(ExportError):
    """The tokenizer's chat template cannot be read."""


class SyntheticMistakes(ExportError):
    """The synthetic questions cannot be read."""


class NothingToExport(ExportError):
    """No trajectory may be exported."""


class OneSided(ExportError):
    """All lessons fell on one side of the split."""


class FolderTaken(ExportError):
    """The folder is there already, and is not empty: name another one, or remove it."""


class FolderRefused(ExportError):
    """The folder cannot be made."""


class NoExport(ExportError):
    """The folder holds no export."""
