"""What the first calibration is fitted on is what the library gives today."""

import json
import random

import pytest

from kernels.library.examples import FILE, Library, library_examples, make_examples, shipped_library


def test_the_shipped_examples_are_those_of_this_library() -> None:
    assert json.loads(FILE.read_text())["digest"] == shipped_library().digest, (
        "the library changed: run manage.py library_examples"
    )


def test_made_anew_they_come_out_as_shipped() -> None:
    library = shipped_library()
    some = tuple(random.Random(3).sample(library.labelled, 60))
    shipped = {(e.prompt, e.kernel): e for e in library_examples()}
    made = make_examples(Library(library.starters, some), among=some)
    assert {(e.prompt, e.kernel) for e in made} == {
        key for key in shipped if key[0] in {one.prompt for one in some}
    }
    assert len(made) >= 5
    for example in made:
        known = shipped[example.prompt, example.kernel]
        assert example.fits == known.fits
        # Processors with and without bfloat16 differ by a thousandth or so.
        assert example.features.vector() == pytest.approx(known.features.vector(), abs=5e-3)


def test_exemplars_are_left_out_of_their_own_kernel() -> None:
    exemplar = shipped_library().starters[0].examples[0].prompt
    own = [e for e in library_examples() if e.prompt == exemplar and e.fits]
    assert own
    assert all(example.features.nearest_similarity < 0.999 for example in own)
