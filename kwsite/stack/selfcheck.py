"""One real request through the whole service, before it is called ready."""

import json
import urllib.error
import urllib.request

from kwsite.stack.failure import StackFailure

WAIT_S = 120
QUESTION = "Say hello in one short sentence."


def require_an_answer(*, base_url: str, api_key: str) -> None:
    """Raises unless a chat completion comes back with some text."""
    request = urllib.request.Request(
        f"{base_url}/chat/completions",
        json.dumps(
            {
                "model": "kernelweave",
                "messages": [{"role": "user", "content": QUESTION}],
                "max_tokens": 24,
            }
        ).encode(),
        {"Authorization": f"Bearer {api_key}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=WAIT_S) as reply:
            answer = json.load(reply)
    except urllib.error.HTTPError as error:
        said = " ".join(error.read().decode(errors="replace").split())
        raise _failure(f"status {error.code}: {said[:300]}") from error
    except (OSError, ValueError) as error:
        raise _failure(str(error)) from error
    if not answer["choices"][0]["message"]["content"]:
        raise _failure("the answer is empty")


def _failure(reason: str) -> StackFailure:
    return StackFailure(
        f"self-check: POST /v1/chat/completions failed: {reason}. "
        "See answers.log and web.log in .kw/logs"
    )
