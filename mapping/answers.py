"""Judges what a citizen typed: details, answers and declarations; one error for each field.

Messages are written for the citizen, in Greek and English, and never repeat what was typed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType
from stdnum.gr import vat

from mapping.model import Channel, LocalText, Municipality, Question, QuestionKind, Service

MAX_NAME = 100
MAX_EMAIL = 254
MAX_PHONE = 40
MAX_ANSWERS = 100

#: Numbers of these kinds ring somewhere, but no text message or call reaches the citizen there.
_NOT_MOBILE = frozenset(
    {
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.PAGER,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
    }
)
# Bidirectional controls can make a page show another text than was typed (Unicode TR 36).
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_AFM = re.compile(r"[0-9]{9}")
#: In Greek and English, by whether a fixed line will do.
_PHONE_EXAMPLES = {
    False: (
        "Γράψτε έναν αριθμό κινητού, όπως 690\u00a0123\u00a04567 ή +49\u00a01512\u00a03456789",
        "Write a mobile number, like 690\u00a0123\u00a04567 or +49\u00a01512\u00a03456789",
    ),
    True: (
        "Γράψτε έναν αριθμό τηλεφώνου, όπως 690\u00a0123\u00a04567 ή 2721\u00a0012345",
        "Write a telephone number, like 690\u00a0123\u00a04567 or 2721\u00a0012345",
    ),
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """``code`` is stable (API, tests); ``message`` says what to write."""

    code: str
    message: LocalText


class _Refused(Exception):
    def __init__(self, code: str, el: str, en: str) -> None:
        super().__init__(code)
        self.error = FieldError(code, LocalText(el, en))


@dataclass(frozen=True, slots=True)
class CheckedDetails:
    """Cleaned values; only to be used where ``errors`` is empty.

    ``phone`` is E.164. ``answers`` holds every question of the service, unanswered ones as "".
    ``errors``: by field, "name", "email", "phone" or the key of a question.
    """

    name: str = field(repr=False)
    email: str = field(repr=False)
    phone: str = field(repr=False)
    answers: Mapping[str, str] = field(repr=False)
    errors: Mapping[str, FieldError]


def check_details(
    service: Service,
    *,
    name: object,
    email: object,
    phone: object,
    answers: Mapping[str, object],
    at_desk: Channel | None = None,
    told: Mapping[str, str] | None = None,
) -> CheckedDetails:
    """Clean and judge all fields of the details form. Anything may be passed in; never raises.

    ``told``: fields that a register has answered; they are taken as they are, whatever was typed.

    ``at_desk``: the office writes it down for a caller or visitor, who is to be served by this
    channel. A fixed line will do then, and no mail address is needed where no link is mailed:
    somebody may have nothing else, and is called.
    """
    errors: dict[str, FieldError] = {}
    cleaned: dict[str, str] = {}
    told = told or {}

    def judge(key: str, check: Callable[[], str]) -> None:
        if key in told:
            cleaned[key] = told[key]
            return
        try:
            cleaned[key] = check()
        except _Refused as refused:
            cleaned[key] = ""
            errors[key] = refused.error

    judge("name", lambda: _name(name))
    judge("email", lambda: _email(email, at_desk=at_desk))
    judge("phone", lambda: _phone(phone, fixed_line=at_desk is not None))
    for question in service.questions:
        given = answers.get(question.key, "")
        judge(question.key, lambda q=question, g=given: _answer(q, g))  # type: ignore[misc]
    known = {question.key for question in service.questions}
    for key in list(answers)[:MAX_ANSWERS]:
        if key not in known:
            errors[str(key)[:60]] = FieldError(
                "unknown",
                LocalText("Αυτό το πεδίο δεν υπάρχει", "There is no such field; leave it out"),
            )
    return CheckedDetails(
        name=cleaned["name"],
        email=cleaned["email"],
        phone=cleaned["phone"],
        answers={question.key: cleaned[question.key] for question in service.questions},
        errors=errors,
    )


def check_email(raw: object) -> str | FieldError:
    """A mail address alone, as it is kept."""
    try:
        return _email(raw, at_desk=None)
    except _Refused as refused:
        return refused.error


def check_declarations(
    municipality: Municipality, service: Service, given: Mapping[str, object]
) -> Mapping[str, FieldError]:
    """Errors by declaration: each must be answered with an answer that leads to a booking.

    Giving a value whose answer has a confirmation text means that it was confirmed.
    """
    errors: dict[str, FieldError] = {}
    for key in service.declarations:
        declaration = municipality.declaration(key)
        answers = {each.value: each for each in declaration.answers} if declaration else {}
        value = given.get(key)
        if value is None or value == "":
            message = LocalText("Επιλέξτε μία απάντηση", "Choose an answer")
            errors[key] = FieldError("missing", message)
        elif not isinstance(value, str) or value not in answers:
            message = LocalText("Επιλέξτε μία από τις απαντήσεις", "Choose one of the answers")
            errors[key] = FieldError("not_a_choice", message)
        elif not answers[value].bookable:
            errors[key] = FieldError("not_bookable", answers[value].outcome)
    for key in list(given)[:MAX_ANSWERS]:
        if key not in service.declarations:
            message = LocalText("Αυτή η δήλωση δεν ζητείται", "This declaration is not asked for")
            errors[str(key)[:60]] = FieldError("unknown", message)
    return errors


def _name(raw: object) -> str:
    name = " ".join(_line(raw, limit=MAX_NAME).split())
    if not name:
        raise _Refused("missing", "Γράψτε το όνομα και το επώνυμο", "Write first name and surname")
    if len(name) < 2 or not any(character.isalpha() for character in name):
        raise _Refused(
            "too_short",
            "Γράψτε ολόκληρο το όνομα και το επώνυμο",
            "Write the full first name and surname",
        )
    return name


def _email(raw: object, *, at_desk: Channel | None) -> str:
    text = _line(raw, limit=MAX_EMAIL)
    if not text and at_desk is Channel.TELECONFERENCE:
        raise _Refused(
            "missing",
            "Για τηλεδιάσκεψη χρειάζεται διεύθυνση email: εκεί φτάνει ο σύνδεσμος",
            "A video appointment needs an email address: its link is sent there",
        )
    if not text and at_desk is not None:
        return ""
    if not text:
        raise _Refused(
            "missing",
            "Γράψτε μια διεύθυνση email, όπως onoma@example.gr",
            "Write an email address, like name@example.gr",
        )
    try:
        return validate_email(text, check_deliverability=False, test_environment=False).normalized
    except EmailNotValidError:
        raise _Refused(
            "not_an_email",
            "Γράψτε μια διεύθυνση email με τη σωστή μορφή, όπως onoma@example.gr",
            "Write an email address in the correct form, like name@example.gr",
        ) from None


def _phone(raw: object, *, fixed_line: bool) -> str:
    text = _line(raw, limit=MAX_PHONE)
    example_el, example_en = _PHONE_EXAMPLES[fixed_line]
    if not text:
        raise _Refused("missing", example_el, example_en)
    try:
        number = phonenumbers.parse(text, "GR")
    except NumberParseException:
        raise _Refused("not_a_phone", example_el, example_en) from None
    if number.extension or not phonenumbers.is_valid_number(number):
        raise _Refused("not_a_phone", example_el, example_en)
    kind = phonenumbers.number_type(number)
    if kind in _NOT_MOBILE and not (fixed_line and kind == PhoneNumberType.FIXED_LINE):
        raise _Refused("not_a_mobile", example_el, example_en)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _answer(question: Question, raw: object) -> str:
    long_text = question.kind is QuestionKind.LONG_TEXT
    text = (_paragraphs if long_text else _line)(raw, limit=question.max_length)
    if not text:
        if question.required:
            raise _missing(question)
        return ""
    if question.kind is QuestionKind.AFM:
        return _afm(text)
    if question.kind is QuestionKind.CHOICE and text not in {c.value for c in question.choices}:
        raise _Refused(
            "not_a_choice", "Επιλέξτε μία από τις απαντήσεις", "Choose one of the answers"
        )
    return text


def _missing(question: Question) -> _Refused:
    if question.kind is QuestionKind.CHOICE:
        return _Refused("missing", "Επιλέξτε μία απάντηση", "Choose an answer")
    label_el = question.label.el.rstrip(" :*")
    label_en = question.label.in_language("en").rstrip(" :*")
    return _Refused("missing", f"Συμπληρώστε το πεδίο «{label_el}»", f"Fill in “{label_en}”")


def _afm(text: str) -> str:
    digits = "".join(text.split())
    # The library pads eight digits to nine and lets nine zeros pass.
    if not _AFM.fullmatch(digits) or digits == "0" * 9:
        raise _Refused(
            "not_an_afm", "Γράψτε τα 9 ψηφία του ΑΦΜ", "Write the 9 digits of the tax number (AFM)"
        )
    if not vat.is_valid(digits):
        raise _Refused(
            "wrong_check_digit",
            "Ο ΑΦΜ δεν είναι σωστός· ελέγξτε τα 9 ψηφία",
            "This tax number (AFM) is not correct; check the 9 digits",
        )
    return digits


def _line(raw: object, *, limit: int) -> str:
    text = _paragraphs(raw, limit=limit)
    if "\n" in text:
        raise _control_characters()
    return text


def _paragraphs(raw: object, *, limit: int) -> str:
    """NFC without blanks around; line breaks as "\\n"."""
    if raw is None:
        return ""
    if not isinstance(raw, str):
        raise _Refused("not_text", "Γράψτε κείμενο", "This must be a text")
    # Bounded before anything walks over it; normalising may lengthen, so it is judged again.
    if len(raw) > 4 * limit + 100:
        raise _too_long(limit)
    text = unicodedata.normalize("NFC", raw.replace("\r\n", "\n").strip(" \t\n\r\u00a0"))
    for character in text:
        if character == "\n":
            continue
        if character in _BIDI or unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}:
            raise _control_characters()
    if len(text) > limit:
        raise _too_long(limit)
    return text


def _too_long(limit: int) -> _Refused:
    return _Refused(
        "too_long", f"Γράψτε έως {limit} χαρακτήρες", f"Write {limit} characters at most"
    )


def _control_characters() -> _Refused:
    return _Refused(
        "control_characters",
        "Το κείμενο έχει χαρακτήρες που δεν επιτρέπονται· γράψτε το ξανά",
        "The text contains characters that are not allowed; type it again",
    )
