"""An answer that was begun, and that the model is to write on: in the way each server takes it.

- llama.cpp: writes on the last turn of the assistant; a whole reply repeats it, a stream does not.
- vLLM: the same, when it is told so.
- OpenAI, Anthropic: leave no turn open. The beginning is shown, and the rest asked for.
"""

from typing import Any, Literal

from workers.backends.completion import ModelRequest
from workers.backends.dialects import Dialect

Continues = Literal["llama.cpp", "vllm", "asked"]
CONTINUES: dict[Dialect, Continues] = {
    "llguidance": "llama.cpp",
    "llama.cpp": "llama.cpp",
    "vllm": "vllm",
    "openai": "asked",
}
GO_ON = "Go on exactly where you stopped. Repeat nothing of what you have written."


def messages_of(request: ModelRequest, how: Continues) -> tuple[dict[str, Any], ...]:
    """The conversation, with the beginning of the answer as its last turn of the assistant."""
    if not request.prefix:
        return request.messages
    begun = {"role": "assistant", "content": request.prefix}
    asked = ({"role": "user", "content": GO_ON},) if how == "asked" else ()
    return (*request.messages, begun, *asked)


def fields_of(request: ModelRequest, how: Continues) -> dict[str, Any]:
    """What the body of the call needs so that the last turn is written on."""
    if not request.prefix or how != "vllm":
        return {}
    return {"add_generation_prompt": False, "continue_final_message": True}


def without_prefix(text: str, request: ModelRequest) -> str:
    """What is new in a whole reply."""
    return text.removeprefix(request.prefix) if request.prefix else text
