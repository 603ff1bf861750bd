"""The fields of the details form in the order of the manuals, with what was typed, and errors."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from booking_web.citizen.privacy import days_after
from booking_web.current import gettext, language
from booking_web.texts import full_stop
from mapping.answers import FieldError
from mapping.model import Channel, Question, QuestionKind, Service

#: Field of the form for each detail that is always asked; questions are named by their key.
CONTACT_IDS = {"name": "onoma", "email": "email", "phone": "tilefono"}
_QUESTION_PREFIX = "q-"


@dataclass(frozen=True, slots=True)
class Field:
    """What the macros draw. ``options`` is empty but for a question with choices."""

    id: str
    label: str
    value: str = ""
    hint: str = ""
    error: str = ""
    optional: str = ""  #: the words that mark it, in brackets; empty: it must be filled in
    kind: str = "text"
    size: str = ""
    autocomplete: str = ""
    inputmode: str = ""
    rows: int = 0
    options: tuple[tuple[str, str, str], ...] = ()


def field_id(key: str) -> str:
    """Id of the form's field for a key of ``mapping.answers``."""
    return CONTACT_IDS.get(key, _QUESTION_PREFIX + key)


def messages(errors: Mapping[str, FieldError], service: Service) -> dict[str, str]:
    """Errors by field id, in the order of the form."""
    order = [each.id for section in form(service, {}, {}, {}) for each in section]
    found = {field_id(key): each.message.in_language(language()) for key, each in errors.items()}
    return {key: found[key] for key in sorted(found, key=lambda key: _place(order, key))}


def _place(order: list[str], key: str) -> int:
    return order.index(key) if key in order else len(order)


def typed_contact(form_data: MultiDict[str, str]) -> dict[str, str]:
    return {key: shown(form_data.get(field, "")) for key, field in CONTACT_IDS.items()}


def typed_answers(form_data: MultiDict[str, str], service: Service) -> dict[str, str]:
    return {
        question.key: shown(form_data.get(field_id(question.key), ""))
        for question in service.questions
    }


def shown(text: str) -> str:
    """What was typed as it can be shown again: without characters that no page can hold."""
    return "".join(
        each for each in text if each == "\n" or unicodedata.category(each) not in _UNSHOWN
    )


_UNSHOWN = {"Cc", "Cs"}


def form(
    service: Service,
    contact: Mapping[str, str],
    answers: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    by: Channel | None = None,
) -> tuple[tuple[Field, ...], tuple[Field, ...]]:
    """Fields of «Προσθέστε τα στοιχεία σας» and of «Εισάγετε πρόσθετες πληροφορίες»."""
    own = [
        _question(each, answers, errors) for each in service.questions if each.section == "contact"
    ]
    additional = [
        _question(each, answers, errors) for each in service.questions if each.section != "contact"
    ]
    name, email, phone = _contact(contact, errors, called=by is Channel.TELEPHONE)
    return (name, email, *own, phone), tuple(additional)


def _contact(
    contact: Mapping[str, str], errors: Mapping[str, str], *, called: bool
) -> tuple[Field, Field, Field]:
    return (
        Field(
            id="onoma",
            label=gettext("Όνομα και επώνυμο"),
            value=contact.get("name", ""),
            hint=gettext("Όπως γράφεται στην ταυτότητα ή στο διαβατήριο"),
            error=errors.get("onoma", ""),
            autocomplete="name",
        ),
        Field(
            id="email",
            label=gettext("Ηλεκτρονικό ταχυδρομείο"),
            value=contact.get("email", ""),
            hint=gettext("Εδώ θα στείλουμε την επιβεβαίωση και τον σύνδεσμο για αλλαγή ή ακύρωση"),
            error=errors.get("email", ""),
            kind="email",
            autocomplete="email",
        ),
        Field(
            id="tilefono",
            label=gettext("Αριθμός τηλεφώνου"),
            value=contact.get("phone", ""),
            hint=gettext("Κινητό. Εκεί θα σας καλέσουμε την ώρα του ραντεβού")
            if called
            else gettext("Κινητό. Θα σας καλέσουμε μόνο αν αλλάξει κάτι στο ραντεβού"),
            error=errors.get("tilefono", ""),
            kind="tel",
            size="20",
            autocomplete="tel",
        ),
    )


def _question(question: Question, answers: Mapping[str, str], errors: Mapping[str, str]) -> Field:
    own_id = field_id(question.key)
    afm = question.kind is QuestionKind.AFM
    hint = question.hint.in_language(language())
    label, mark = _mark_of(question.label.in_language(language()))
    return Field(
        id=own_id,
        label=label,
        value=answers.get(question.key, ""),
        hint=with_purpose(hint or (gettext("9 ψηφία, χωρίς κενά") if afm else ""), question),
        error=errors.get(own_id, ""),
        optional="" if question.required else mark or f"({gettext('προαιρετικό')})",
        size="10" if afm else "",
        inputmode="numeric" if afm else "",
        # One line; "street-address" is for several (HTML, 4.10.18.7).
        autocomplete="address-line1" if question.kind is QuestionKind.ADDRESS else "",
        rows=5 if question.kind is QuestionKind.LONG_TEXT else 0,
        options=tuple(
            (each.value, each.label.in_language(language()), "") for each in question.choices
        )
        if question.kind is QuestionKind.CHOICE
        else (),
    )


def with_purpose(hint: str, question: Question) -> str:
    """The hint, what the answer is needed for, and when it goes if that is before the rest."""
    told = [hint, question.purpose.in_language(language())]
    if question.erase_after_days is not None:
        until = days_after(question.erase_after_days)
        told.append(gettext("Διαγράφεται %(until)s") % {"until": until})
    said = [each for each in told if each]
    return " ".join(map(full_stop, said)) if len(said) > 1 else "".join(said)


def _mark_of(label: str) -> tuple[str, str]:
    """A label without its own mark, and the mark: ("Διεύθυνση", "(προαιρετικά)").

    An asterisk is dropped: the form marks what is optional, not what is required.
    """
    label = label.replace("*", "").strip()
    for mark in ("(προαιρετικά)", "(προαιρετικό)", "(optional)"):
        if label.endswith(mark):
            return label.removesuffix(mark).strip(), mark
    return label, ""
