"""What the register says of a person: padded attributes, and nothing else."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from booking_web.register.answer import NotUnderstood, Person, person_of
from tests.servers.gsis.app import document
from tests.servers.gsis.people import EFTYCHIA

BOMB = (
    '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    '<root><userinfo taxid="068933130" firstname="&b;" lastname="&b;"/></root>'
)
FILE = (
    '<!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    '<root><userinfo taxid="068933130" firstname="A" lastname="B"/>&f;</root>'
)


def told(**other: str) -> bytes:
    return document(replace(EFTYCHIA, **other)).encode()


def test_padding_goes_and_capitals_stay() -> None:
    assert b'"068933130   ' in told()
    assert person_of(told()) == Person("ΕΥΤΥΧΙΑ ΒΑΒΟΥΛΑ", "068933130")


def test_other_encodings_and_spellings_of_the_element() -> None:
    greek = '<?xml version="1.0" encoding="ISO-8859-7"?><r><UserInfo TaxId="068933130" '
    greek += 'FirstName="ΕΥΤΥΧΙΑ" LastName="ΒΑΒΟΥΛΑ"/></r>'
    assert person_of(greek.encode("iso-8859-7")).name == "ΕΥΤΥΧΙΑ ΒΑΒΟΥΛΑ"


def test_a_company_has_one_name_and_a_long_one_ends_with_a_whole_word() -> None:
    assert person_of(told(firstname="", lastname="ΑΛΦΑ ΑΕ")).name == "ΑΛΦΑ ΑΕ"
    long = person_of(told(firstname="", lastname="ΑΝΩΝΥΜΗ ΕΤΑΙΡΕΙΑ " * 12)).name
    assert 80 < len(long) <= 100
    assert long.endswith(("ΑΝΩΝΥΜΗ", "ΕΤΑΙΡΕΙΑ"))


def test_markup_in_a_name_is_a_name() -> None:
    assert person_of(told(firstname="<b>Α</b>")).name == "<b>Α</b> ΒΑΒΟΥΛΑ"


@pytest.mark.parametrize(
    "document",
    [
        b"", b"<root><userinfo", b'{"error": "invalid_token"}', b"\xff\xfe\x00garbage", b"<root/>",
        b"<html><body>Service unavailable</body></html>", b"<a>" * 5_000, BOMB.encode(),
        FILE.encode(), b'<?xml version="1.0" encoding="nonsense"?><a/>',
        told().replace(b"</root>", b'<userinfo taxid="090000045"/></root>'),
        told(taxid="12345678"), told(taxid="000000000"), told(taxid="06893313x"), told(taxid=""),
        told(firstname="", lastname=" "), told(firstname="1", lastname="2"),
        told(firstname="A\u202eB"), told(lastname="A\u00adB"),
    ],
)  # fmt: skip
def test_what_is_no_person_is_not_understood(document: bytes) -> None:
    with pytest.raises(NotUnderstood) as refused:
        person_of(document)
    assert "068933130" not in str(refused.value)
    assert "ΒΑΒΟΥΛΑ" not in str(refused.value)


def test_a_person_does_not_show_in_a_log() -> None:
    assert "ΒΑΒΟΥΛΑ" not in repr(person_of(told()))
    assert "068933130" not in repr(person_of(told()))


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
@example(b"<!DOCTYPE a><a/>")
def test_whatever_comes_is_a_person_or_not_understood(document: bytes) -> None:
    for wrapped in (document, told().replace(b"068933130", document)):
        with contextlib.suppress(NotUnderstood):
            person = person_of(wrapped)
            assert len(person.afm) == 9
            assert 0 < len(person.name) <= 100
