"""The one way a stack fails: a line that names the part and says what to do."""


class StackFailure(Exception):
    """Its text is the line the operator reads."""
