"""A replaced part that cannot be used is one line that says what to do."""

import pytest

from kwsite.stack.failure import StackFailure
from kwsite.stack.replacements import require_model_server
from tests.scripted_server import serve


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://127.0.0.1:1/v1", "schl\u00fcssel"),
        ("http://127.0.0.1:1/v1", "line\nbreak"),
        ("http://[::1/v1", "none"),
        ("no address", "none"),
        ("http://127.0.0.1:99999/v1", "none"),
        ("http://127.0.0.1:1/v1", "none"),
    ],
)
def test_a_model_server_that_cannot_be_asked_is_one_line(url: str, key: str) -> None:
    values = {"KW_LLM_BASE_URL": url, "KW_LLM_API_KEY": key}
    with pytest.raises(StackFailure) as failure:
        require_model_server(values)
    assert "KW_LLM_BASE_URL" in str(failure.value)
    assert "\n" not in str(failure.value)


def test_a_path_without_a_model_server_is_named_with_what_was_tried() -> None:
    with serve() as server, pytest.raises(StackFailure) as failure:
        require_model_server({"KW_LLM_BASE_URL": server.base_url.replace("/v1", "/v2")})
    line = str(failure.value)
    assert "/v2/models" in line
    assert "/v2/chat/completions" in line
    assert "http://host:port/v1" in line
    assert "\n" not in line


def test_a_model_server_that_lists_no_models_will_do() -> None:
    with serve() as server:
        require_model_server({"KW_LLM_BASE_URL": server.base_url})
