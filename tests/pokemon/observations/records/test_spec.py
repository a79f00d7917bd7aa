"""Records of another layout are known by its digest, whatever their width."""

from collections.abc import Iterator

import pytest

from psro.pokemon.observations.records import record, spec


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    yield
    assert spec.record_spec() == spec.RECORD_SPEC, "a test left the layout changed"


def test_todays_layout_is_the_one_of_shards_that_name_none() -> None:
    """Fails with the first change of the layout: such shards are refused from then on. Then this test goes, and FIRST_LAYOUT stays."""
    assert spec.RECORD_SPEC.is_first_layout
    assert spec.RECORD_SPEC.layout == spec.FIRST_LAYOUT


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLOT", record.FORM),
        ("SUBSTITUTE", record.REFLECT),
        ("EFFECT_WORDS", record.EFFECT_WORDS[::-1]),
    ],
)
def test_another_layout_of_the_same_width_is_not_read(
    monkeypatch: pytest.MonkeyPatch, name: str, value: object
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(record, name, value)
        other = spec.record_spec()
    assert other.arrays == spec.RECORD_SPEC.arrays
    assert not spec.RECORD_SPEC.reads(other)
    assert not other.is_first_layout


def test_another_meaning_of_the_same_places_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(spec, "MEANING", spec.MEANING + 1)
        assert not spec.RECORD_SPEC.reads(spec.record_spec())


def test_species_counted_otherwise_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(spec, "SPECIES", {})
        assert not spec.RECORD_SPEC.reads(spec.record_spec())
