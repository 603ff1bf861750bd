"""``rantevou secret set``: one line, or a certificate with its key, from a pipe or from a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from booking.office import secrets as stored_secrets
from booking_web.cli.secret import secret
from tests.booking_web.cli.test_calendars import Administrator, empty

__all__ = ["empty"]

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"


def test_a_certificate_with_its_key_keeps_its_lines(empty: Administrator) -> None:
    typed = (CERTIFICATE + KEY).replace("\n", "\r\n")
    assert empty.run(secret, "set", "m365-application", typed=typed).exit_code == 0
    assert stored_secrets.get(empty.desk, name="m365-application") == CERTIFICATE + KEY


def test_a_secret_can_come_from_a_file(empty: Administrator, tmp_path: Path) -> None:
    file = tmp_path / "certificate-with-key.pem"
    file.write_text("Bag Attributes\n" + CERTIFICATE + KEY)
    assert empty.run(secret, "set", "m365", "--file", str(file)).exit_code == 0
    value = stored_secrets.get(empty.desk, name="m365")
    assert value == "Bag Attributes\n" + CERTIFICATE + KEY


@pytest.mark.parametrize(
    ("typed", "remedy"),
    [
        (CERTIFICATE, "must come with its private key"),
        (KEY, "must come with its private key"),
        (CERTIFICATE + KEY.replace("PRIVATE", "ENCRYPTED PRIVATE"), "without one"),
        ("first line\nsecond line\n", "one line"),
        ("x" * 40_001, "too long"),
        ("  \n", "empty"),
    ],
)
def test_what_cannot_be_right_is_refused(empty: Administrator, typed: str, remedy: str) -> None:
    result = empty.run(secret, "set", "m365", typed=typed)
    assert result.exit_code == 1
    assert remedy in result.output
    assert "nothing was stored" in result.output.lower()
    assert stored_secrets.names(empty.desk) == ()


def test_a_file_that_is_not_there_or_no_text(empty: Administrator, tmp_path: Path) -> None:
    missing = empty.run(secret, "set", "m365", "--file", str(tmp_path / "none.pem"))
    assert "cannot be read" in missing.output
    packed = tmp_path / "certificate.pfx"
    packed.write_bytes(b"\x30\x82\xff\xfe")
    assert "openssl pkcs12" in empty.run(secret, "set", "m365", "--file", str(packed)).output
    assert stored_secrets.names(empty.desk) == ()
