"""Words of a route's reason by which others know it again."""

KERNEL_FAILED = "failed its contract"  # a kernel was tried first; what it cost is in the answer's
