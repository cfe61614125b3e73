"""A route decision in words, for hits and misses alike."""

from tests.story_rows import candidate, decided
from trajectories.story.route import decision_parts

OTHER = "00000000-0000-4000-8000-000000000002"


def shown(*args: object, **kwargs: str) -> str:
    return "".join(content for _, content in decision_parts(*args, **kwargs))  # type: ignore[arg-type]


def test_a_hit_says_who_won_and_why_the_others_did_not() -> None:
    won = candidate("sums", 0.93)
    rival = candidate("totals", 0.85, version_id=OTHER)
    refused = candidate("dates", 0.4, version_id=OTHER, obstacle="P(verify) 0.400 < threshold")
    page = shown(
        decided("kernel", "sums: P is high", won, rival, refused, chosen=won["version_id"])
    )
    assert "It was sent to a kernel: sums: P is high." in page
    assert "the likeliest one without an obstacle" in page
    assert "nothing spoke against it; another was likelier" in page
    assert "P(verify) 0.400 &lt; threshold" in page
    assert f"/admin/kernels/kernelversion/{OTHER}/change/" in page
    assert 'aria-label="P 0.930, at least 0.800"' in page
    assert "nearest similarity" in page


def test_a_miss_is_explained_as_well() -> None:
    failed = {"kind": "cel", "label": "one address", "status": "failed", "duration_ms": 0.1}
    check = {**failed, "reason": "none is given"}
    only = candidate("contacts", 0.5, preconditions=[check], obstacle="precondition one address")
    page = shown(decided("generation", "closest was contacts", only))
    assert "closest was contacts" in page
    assert "one address (cel)" in page
    assert "none is given" in page
    assert "not chosen" in page
    assert "won" not in page


def test_a_decision_without_candidates_says_so() -> None:
    page = shown(decided("generation", "the request says who is to answer how"))
    assert "No kernel was considered" in page
    assert "the request says who is to answer how" in page


def test_what_it_came_to_in_the_end_is_said_where_it_is_something_else() -> None:
    decision = decided("kernel", "sums: P is high", candidate("sums", 0.9))
    page = shown(decision, route="generation", reason="sums failed its contract")
    assert "In the end it was answered by generation: sums failed its contract." in page


def test_a_threshold_that_nothing_reaches_is_put_in_words() -> None:
    page = shown(decided("generation", "", candidate("sums", 0.99, threshold=2.0)))
    assert "too little evidence, nothing serves" in page


def test_a_decision_of_an_older_form_is_no_error() -> None:
    assert "to the model itself" in shown({"route": "generation"})
    assert "nowhere that is recorded" in shown({})


def test_names_are_escaped() -> None:
    assert "<i>" not in shown(decided("generation", "<i>", candidate("<i>", 0.1)))
