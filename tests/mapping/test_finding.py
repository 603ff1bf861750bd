"""Municipalities as people type them: all 332 of Greece against what they are looked for by."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.finding import find
from tests.greece import MUNICIPALITIES


def as_listed(genitive: str) -> str:
    """«Καλαμάτας» → «ΔΗΜΟΣ ΚΑΛΑΜΑΤΑΣ»: capitals without accents."""
    letters = unicodedata.normalize("NFD", genitive.upper())
    return "ΔΗΜΟΣ " + "".join(each for each in letters if not unicodedata.combining(each))


LISTED = [as_listed(name) for name in sorted(MUNICIPALITIES)]


def found(query: str) -> list[str]:
    return [each.removeprefix("ΔΗΜΟΣ ") for each in find(query, LISTED, names=lambda each: [each])]


def test_there_are_332() -> None:
    assert len(set(LISTED)) == 332


def test_each_is_found_first_by_its_own_name() -> None:
    others = [each for each in LISTED if found(each)[0] != each.removeprefix("ΔΗΜΟΣ ")]
    assert others == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Καλαμάτα", "ΚΑΛΑΜΑΤΑΣ"),
        ("δημος καλαματας", "ΚΑΛΑΜΑΤΑΣ"),
        ("kalamata", "ΚΑΛΑΜΑΤΑΣ"),
        ("KAVALA", "ΚΑΒΑΛΑΣ"),
        ("Αθήνα", "ΑΘΗΝΑΙΩΝ"),
        ("athina", "ΑΘΗΝΑΙΩΝ"),
        ("Πειραιάς", "ΠΕΙΡΑΙΩΣ"),
        ("pireas", "ΠΕΙΡΑΙΩΣ"),
        ("Βόλος", "ΒΟΛΟΥ"),
        ("Χανιά", "ΧΑΝΙΩΝ"),
        ("xania", "ΧΑΝΙΩΝ"),
        ("hania", "ΧΑΝΙΩΝ"),
        ("Πάτρα", "ΠΑΤΡΕΩΝ"),
        ("Σέρρες", "ΣΕΡΡΩΝ"),
        ("Τρίκαλα", "ΤΡΙΚΚΑΙΩΝ"),
        ("8essaloniki", "ΘΕΣΣΑΛΟΝΙΚΗΣ"),
        ("θεσαλονικι", "ΘΕΣΣΑΛΟΝΙΚΗΣ"),
        ("ksanthi", "ΞΑΝΘΗΣ"),
        ("nafplio", "ΝΑΥΠΛΙΕΩΝ"),
        ("naupaktos", "ΝΑΥΠΑΚΤΙΑΣ"),
        ("Κως", "ΚΩ"),
        ("agia paraskevi", "ΑΓΙΑΣ ΠΑΡΑΣΚΕΥΗΣ"),
        ("Αγ. Παρασκευή", "ΑΓΙΑΣ ΠΑΡΑΣΚΕΥΗΣ"),
        ("Μαρούσι", "ΑΜΑΡΟΥΣΙΟΥ"),
        ("καλαμτα", "ΚΑΛΑΜΑΤΑΣ"),
        ("Ντράμα", "ΔΡΑΜΑΣ"),
    ],
)
def test_what_people_type_finds_what_they_mean_first(typed: str, meant: str) -> None:
    assert found(typed)[0] == meant


def test_all_that_share_a_name_are_found() -> None:
    assert found("Κέρκυρα") == [
        "ΒΟΡΕΙΑΣ ΚΕΡΚΥΡΑΣ",
        "ΝΟΤΙΑΣ ΚΕΡΚΥΡΑΣ",
        "ΚΕΝΤΡΙΚΗΣ ΚΕΡΚΥΡΑΣ ΚΑΙ ΔΙΑΠΟΝΤΙΩΝ ΝΗΣΩΝ",
    ]
    assert {"ΗΡΑΚΛΕΙΟΥ", "ΗΡΑΚΛΕΙΟΥ ΑΤΤΙΚΗΣ"} <= set(found("Ηράκλειο"))


@pytest.mark.parametrize(
    "nothing", ["", " ", "Δήμος", "the municipality of", "!?", "xyzxyz", "東京"]
)
def test_what_is_no_name_finds_nothing(nothing: str) -> None:
    assert found(nothing) == []


@given(st.text(max_size=200))
def test_nothing_typed_breaks_it(typed: str) -> None:
    assert len(found(typed)) <= len(LISTED)
