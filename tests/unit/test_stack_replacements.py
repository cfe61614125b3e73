"""A replaced part that cannot be used is one line that says what to do."""

import pytest

from kwsite.stack.failure import StackFailure
from kwsite.stack.replacements import require_model_server


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
