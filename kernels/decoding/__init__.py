"""Holding a model to an output schema while it writes, whichever model it is."""
