"""Details and answers as citizens type them: cleaned, or one clear error for each field."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.answers import CheckedDetails, check_declarations, check_details
from mapping.model import Choice, LocalText, Question, QuestionKind
from tests.mapping.minimal import municipality

TOWN = municipality()
SERVICE = TOWN.services[0]
GOOD: dict[str, object] = {
    "name": "Μαρία Παππά",
    "email": "maria@example.gr",
    "phone": "6901234567",
}


def checked(answers: dict[str, object] | None = None, **details: object) -> CheckedDetails:
    values = GOOD | details
    return check_details(
        SERVICE,
        name=values["name"],
        email=values["email"],
        phone=values["phone"],
        answers=answers or {},
    )


def asked(kind: QuestionKind, *, required: bool = False, **more: object) -> CheckedDetails:
    question = Question("q", kind, LocalText("Το θέμα:", "Subject:"), required=required)
    given = more.pop("given", "")
    service = replace(SERVICE, questions=(replace(question, **more),))
    return check_details(service, **GOOD, answers={"q": given})


def code(result: CheckedDetails, field: str) -> str | None:
    error = result.errors.get(field)
    return error.code if error else None


def test_good_details_are_cleaned() -> None:
    result = checked(name="  Μαρία   Παππά ", email=" Maria@EXAMPLE.gr ", phone="690 123 4567")
    assert result.errors == {}
    assert (result.name, result.email, result.phone) == (
        "Μαρία Παππά",
        "Maria@example.gr",
        "+306901234567",
    )
    assert result.answers == {"afm": ""}


def test_every_wrong_field_is_told_at_once() -> None:
    result = checked({"afm": "1"}, name="", email="x", phone="1")
    assert set(result.errors) == {"name", "email", "phone", "afm"}
    for error in result.errors.values():
        assert error.message.el
        assert error.message.en


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", "missing"),
        ("   ", "missing"),
        (None, "missing"),
        ("Α", "too_short"),
        ("12", "too_short"),
        ("Α" * 100, None),
        ("Α" * 101, "too_long"),
        ("Α" * 1_000_000, "too_long"),
        ("Μαρία\r\nBcc: x@y.gr", "control_characters"),
        ("Μαρία\nΠαππά", "control_characters"),
        ("Μαρία\x00", "control_characters"),
        ("Μαρία\u202eΠαππά", "control_characters"),
        ("Μαρία\ud800", "control_characters"),
        ("O'Neill-Παππά", None),
        ("李 小龙", None),
        (7, "not_text"),
        (["Μαρία"], "not_text"),
    ],
)
def test_names(name: object, expected: str | None) -> None:
    assert code(checked(name=name), "name") == expected


def test_accents_are_composed() -> None:
    assert checked(name=unicodedata.normalize("NFD", "Μαρία Παππά")).name == "Μαρία Παππά"


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        ("", "missing"),
        ("maria", "not_an_email"),
        ("maria@localhost", "not_an_email"),
        ("maria@@example.gr", "not_an_email"),
        ("maria@example.gr, other@example.gr", "not_an_email"),
        ("maria@example.gr\nBcc: x@y.gr", "control_characters"),
        ("a" * 64 + "@" + "b" * 60 + ".gr", None),
        ("a" * 250 + "@example.gr", "too_long"),
        ("μαρία@παράδειγμα.ελ", None),
    ],
)
def test_emails(email: str, expected: str | None) -> None:
    assert code(checked(email=email), "email") == expected


@pytest.mark.parametrize(
    ("phone", "expected"),
    [
        ("6901234567", "+306901234567"),
        ("690-123 4567", "+306901234567"),
        ("0030 690 123 4567", "+306901234567"),
        ("+49 1512 3456789", "+4915123456789"),
        ("+1 202 555 0143", "+12025550143"),
    ],
)
def test_mobile_numbers_in_any_form(phone: str, expected: str) -> None:
    assert checked(phone=phone).phone == expected


@pytest.mark.parametrize(
    ("phone", "expected"),
    [
        ("", "missing"),
        ("69012345", "not_a_phone"),
        ("abc", "not_a_phone"),
        ("+999 123", "not_a_phone"),
        ("6901234567 ext. 12", "not_a_phone"),
        ("2101234567", "not_a_mobile"),
        ("800 1234567", "not_a_mobile"),
        ("6" * 41, "too_long"),
    ],
)
def test_other_numbers(phone: str, expected: str) -> None:
    result = checked(phone=phone)
    assert code(result, "phone") == expected
    assert result.phone == ""


def test_the_message_is_the_one_of_the_design() -> None:
    message = checked(phone="69012345").errors["phone"].message
    assert message.el.replace("\u00a0", " ") == (
        "Γράψτε έναν αριθμό κινητού, όπως 690 123 4567 ή +49 1512 3456789"
    )


def afm_of(eight: int) -> str:
    """Eight digits and their check digit: weights 256 … 2, modulo 11, modulo 10."""
    digits = f"{eight:08}"
    total = sum(int(digit) << (8 - place) for place, digit in enumerate(digits))
    return f"{digits}{total % 11 % 10}"


@given(st.integers(1, 99_999_999))
@settings(max_examples=200, derandomize=True)
def test_afm_check_digit(eight: int) -> None:
    afm = afm_of(eight)
    assert checked({"afm": afm}).answers["afm"] == afm
    wrong = afm[:8] + str((int(afm[8]) + 1) % 10)
    assert code(checked({"afm": wrong}), "afm") == "wrong_check_digit"


@pytest.mark.parametrize(
    ("afm", "expected"),
    [
        ("", None),
        ("000000000", "not_an_afm"),
        ("90000045", "not_an_afm"),
        ("0900000450", "not_an_afm"),
        ("EL090000045", "not_an_afm"),
        ("09000004Α", "not_an_afm"),
        ("٠٩٠٠٠٠٠٤٥", "not_an_afm"),
        ("090 000 045", None),
        ("090000045", None),
        ("090000046", "wrong_check_digit"),
    ],
)
def test_afm_form(afm: str, expected: str | None) -> None:
    assert code(checked({"afm": afm}), "afm") == expected


def test_required_and_optional_answers() -> None:
    assert asked(QuestionKind.SUBJECT).errors == {}
    error = asked(QuestionKind.SUBJECT, required=True).errors["q"]
    assert (error.code, error.message.el) == ("missing", "Συμπληρώστε το πεδίο «Το θέμα»")
    assert asked(QuestionKind.SUBJECT, required=True, given="  ").errors["q"].code == "missing"


def test_length_and_lines_of_answers() -> None:
    assert asked(QuestionKind.TEXT, max_length=5, given="12345").answers == {"q": "12345"}
    assert code(asked(QuestionKind.TEXT, max_length=5, given="123456"), "q") == "too_long"
    assert code(asked(QuestionKind.TEXT, given="α\nβ"), "q") == "control_characters"
    assert asked(QuestionKind.LONG_TEXT, given="α\r\nβ\n").answers == {"q": "α\nβ"}
    assert code(asked(QuestionKind.LONG_TEXT, given="α\tβ"), "q") == "control_characters"


def test_choices() -> None:
    choices = (Choice("bus", LocalText("Λεωφορείο")), Choice("car", LocalText("Αυτοκίνητο")))
    assert asked(QuestionKind.CHOICE, choices=choices, given="car").answers == {"q": "car"}
    assert code(asked(QuestionKind.CHOICE, choices=choices, given="jet"), "q") == "not_a_choice"
    assert code(asked(QuestionKind.CHOICE, choices=choices, required=True), "q") == "missing"


def test_answers_that_nobody_asked_for() -> None:
    assert code(checked({"iban": "GR16"}), "iban") == "unknown"
    many = checked({f"k{n}": "x" for n in range(100_000)})
    assert len(many.errors) <= 100


def test_nothing_typed_shows_in_repr_or_messages() -> None:
    result = checked({"afm": "123456789"}, name="Μυστική", email="secret@", phone="69012345")
    assert "Μυστική" not in repr(result)
    assert "secret" not in repr(result)
    assert "123456789" not in repr(result)


def test_declarations() -> None:
    def codes(given: dict[str, object]) -> dict[str, str]:
        errors = check_declarations(TOWN, SERVICE, given)
        return {key: error.code for key, error in errors.items()}

    assert codes({"already": "yes"}) == {}
    assert codes({}) == {"already": "missing"}
    assert codes({"already": "maybe"}) == {"already": "not_a_choice"}
    assert codes({"already": ["yes"]}) == {"already": "not_a_choice"}
    assert codes({"already": "no", "other": "x"}) == {"other": "unknown"}
    no, yes = TOWN.declarations[0].answers
    outcome = LocalText("Τηλεφωνήστε", "Call us")
    stopped = replace(
        TOWN.declarations[0], answers=(no, replace(yes, bookable=False, outcome=outcome))
    )
    errors = check_declarations(replace(TOWN, declarations=(stopped,)), SERVICE, {"already": "yes"})
    assert (errors["already"].code, errors["already"].message) == ("not_bookable", outcome)
