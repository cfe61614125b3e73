"""A receipt as lines for people."""

from collections.abc import Iterator

from trajectories.receipts.receipt import Receipt

VERIFIED = {True: "yes", False: "no", None: "there was nothing to check"}


def receipt_lines(receipt: Receipt) -> list[str]:
    """What it attests, one thing a line, whatever characters are in a label of an app's."""
    return [f"{name:<11}{_on_one_line(said)}" for name, said in _said(receipt)]


def _on_one_line(text: str) -> str:
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


def _said(receipt: Receipt) -> Iterator[tuple[str, str]]:
    yield "run", receipt.run
    yield "trajectory", receipt.trajectory
    yield "client", str(receipt.client)
    yield "at", receipt.created_at
    yield "route", receipt.route
    yield "prompt", f"sha256 {receipt.prompt_sha256}"
    yield "output", f"sha256 {receipt.output_sha256}"
    if (kernel := receipt.kernel) is not None:
        yield "kernel", f"{kernel.name} v{kernel.number}, digest {kernel.digest}"
        for name, value in kernel.slots.items():
            yield "slot", f"{name} = {value}"
    if (reused := receipt.reused) is not None:
        near = f", cosine {reused.cosine}" if reused.cosine else ""
        yield "reused", f"{reused.trajectory}, decided by {reused.decided_by}{near}"
    if (search := receipt.search) is not None:
        yield "search", f"{search.worker} by {search.strategy}"
        yield "router", f"sha256 {search.router}" if search.router else "none fitted"
        yield "scored by", f"sha256 {search.reward_model}" if search.reward_model else "none"
    for check in receipt.checks:
        yield "check", f"{check.label or check.kind}: {check.status.replace('_', ' ')}"
    yield "verified", VERIFIED[receipt.verified]
    yield "model", receipt.model
    yield "adapter", receipt.adapter or "none"
    yield "encoder", f"sha256 {receipt.encoder}"
    yield "service", receipt.service
