"""The embedded stack: everything KernelWeave needs, as child processes of one supervisor."""
