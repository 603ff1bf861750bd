"""``rantevou keys`` and ``rantevou erase`` say what was done and what is left to do."""

from __future__ import annotations

import pytest

from booking.model import NotOffered
from booking.office import secrets as stored_secrets
from booking_web.cli.disclose import disclose
from booking_web.cli.erase import erase
from booking_web.cli.keys import keys
from tests.booking_web.cli.test_calendars import Administrator, empty

__all__ = ["empty"]


def test_keys_are_rotated_and_the_rest_is_told(empty: Administrator) -> None:
    stored_secrets.set_secret(empty.desk, name="a", value="x")
    told = empty.run(keys, "status")
    assert told.exit_code == 0
    assert "seals what is written now; has sealed 1 of secret" in told.output
    told = empty.run(keys, "rotate")
    assert told.exit_code == 0
    assert told.output.startswith("0 values were sealed anew with ")


def test_a_reference_that_there_is_none_of_fails(empty: Administrator) -> None:
    told = empty.run(erase, "K7M-4QX", "nonsense")
    assert told.exit_code == 1
    assert told.output.splitlines() == [
        "K7M-4QX: there is no such booking",
        "nonsense: there is no such booking",
    ]


def test_what_is_known_of_nobody_is_said_to_be_nothing(empty: Administrator) -> None:
    with pytest.raises(NotOffered):
        empty.run(disclose, "K7M-4QX")
