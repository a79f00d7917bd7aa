"""A spec says what recorded arrays mean, and whether somebody else's mean the same."""

from dataclasses import replace

import pytest

from psro.game.spec import ArraySpec, ObservationSpec

PLAIN = ObservationSpec("toy", (ArraySpec("numbers", (3,), "int16", "numbers"),), 4)
NAMED = replace(PLAIN, layout="now")


@pytest.mark.parametrize("spec", [PLAIN, NAMED])
def test_it_comes_back_as_it_was_written(spec: ObservationSpec) -> None:
    assert ObservationSpec.from_json(spec.to_json()) == spec
    assert ("layout" in spec.to_json()) == bool(spec.layout)


def test_another_layout_of_the_same_shape_is_not_read() -> None:
    assert NAMED.reads(NAMED)
    assert not NAMED.reads(replace(PLAIN, layout="then"))
    assert not PLAIN.reads(NAMED)


def test_what_names_no_layout_is_of_the_first() -> None:
    assert not NAMED.reads(PLAIN)
    assert replace(NAMED, is_first_layout=True).reads(PLAIN)
    assert not replace(NAMED, is_first_layout=True).reads(replace(PLAIN, num_actions=5))
