"""What is written reads back to the same values; what is read keeps its text."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from mapping.diff import describe_changes
from mapping.file import read_mapping, write_mapping
from mapping.model import Municipality
from tests.mapping.minimal import MINIMAL, PROVIDERS
from tests.mapping.minimal import municipality as minimal
from tests.mapping.municipalities import municipalities


@given(municipalities())
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_read_after_write_gives_the_same(municipality: Municipality) -> None:
    text = write_mapping(municipality)
    again = read_mapping(text, name="written", providers=None)
    assert again == municipality
    assert write_mapping(again) == text
    assert describe_changes(municipality, again) == ()


def test_canonical_form_is_pleasant() -> None:
    text = write_mapping(minimal())
    assert 'monday-friday: "08:00-14:00"' in text
    assert "buffer_before_minutes" not in text, "what has its default is left out"
    assert read_mapping(text, name="written", providers=PROVIDERS) == minimal()
    assert len(text.splitlines()) < 2 * len(MINIMAL.splitlines())
