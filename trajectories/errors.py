"""The one base error. A failure is a class; its docstring is its message."""


class KernelWeaveError(Exception):
    """Something went wrong."""

    def __init__(self, detail: str = "") -> None:
        self.detail = detail or (type(self).__doc__ or "").strip()
        super().__init__(self.detail)
