"""How fast adapters are trained, and in how much memory, beside a plain TRL script."""
