"""The form that a clerk fills in for a caller or visitor: what is asked, what was typed, errors."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace

from werkzeug.datastructures import MultiDict

from booking_web.current import gettext, language
from booking_web.staff.entry import Entry
from booking_web.staff.offered import Chosen
from mapping.answers import CheckedDetails, FieldError, check_declarations, check_details
from mapping.model import (
    Channel,
    Consent,
    ConsentKind,
    Declaration,
    DeclarationAnswer,
    Question,
    QuestionKind,
)

#: Field of the form for each detail that is always asked.
CONTACT_IDS = {"name": "onoma", "phone": "tilefono", "email": "email"}
_QUESTION, _DECLARATION = "q-", "d-"
_UNSHOWN = {"Cc", "Cs"}
#: Of the mails and the slip; what they are called in themselves.
LANGUAGES = (("el", "Ελληνικά", ""), ("en", "English", ""))


@dataclass(frozen=True, slots=True)
class Field:
    """What the macros draw. ``options`` (value, label, hint) is empty but for a choice."""

    id: str
    label: str
    value: str = ""
    hint: str = ""
    error: str = ""
    optional: str = ""
    kind: str = "text"
    size: str = ""
    inputmode: str = ""
    rows: int = 0
    options: tuple[tuple[str, str, str], ...] = ()


def consent_of(chosen: Chosen) -> Consent | None:
    return chosen.municipality.consent(chosen.service.consent)


def consent_label(consent: Consent) -> str:
    if consent.kind is ConsentKind.INFORMATION:
        return gettext("Διάβασα αυτό το κείμενο στον πολίτη")
    return gettext("Διάβασα αυτό το κείμενο στον πολίτη, και συμφώνησε")


def typed(entry: Entry, chosen: Chosen, form: MultiDict[str, str]) -> Entry:
    """The entry with what the form says, fit to be shown again."""

    def told(name: str) -> str:
        return harmless(form.get(name, ""))

    return replace(
        entry,
        contact={key: told(name) for key, name in CONTACT_IDS.items()},
        answers={each.key: told(_QUESTION + each.key) for each in chosen.service.questions},
        declarations={
            key: told(_DECLARATION + key)
            for key in chosen.service.declarations
            if told(_DECLARATION + key)
        },
        consent_version=told("synainesi"),
        language="en" if form.get("glossa") == "en" else "el",
    )


def checked(chosen: Chosen, form: MultiDict[str, str]) -> tuple[CheckedDetails, dict[str, str]]:
    """What was typed, cleaned, and the errors by field in the order of the form."""
    details = check_details(
        chosen.service,
        name=form.get("onoma"),
        phone=form.get("tilefono"),
        email=form.get("email"),
        answers={each.key: form.get(_QUESTION + each.key, "") for each in chosen.service.questions},
        at_desk=chosen.channel.channel,
    )
    given = {key: form.get(_DECLARATION + key, "") for key in chosen.service.declarations}
    declared = check_declarations(chosen.municipality, chosen.service, given)
    consent = consent_of(chosen)
    errors = messages(chosen, details.errors, declared)
    if consent is not None and form.get("synainesi") != consent.version:
        errors["synainesi"] = stale() if form.get("synainesi") else unread()
    return details, errors


def messages(
    chosen: Chosen, details: Mapping[str, FieldError], declared: Mapping[str, FieldError]
) -> dict[str, str]:
    """Errors by field id, in the order of the form."""
    found = {_DECLARATION + key: each for key, each in declared.items()}
    found |= {CONTACT_IDS.get(key, _QUESTION + key): each for key, each in details.items()}
    order = [
        *(_DECLARATION + key for key in chosen.service.declarations),
        *CONTACT_IDS.values(),
        *(_QUESTION + each.key for each in chosen.service.questions),
    ]
    return {key: found[key].message.in_language(language()) for key in order if key in found}


def unread() -> str:
    return gettext("Διαβάστε το κείμενο στον πολίτη και επιλέξτε το πλαίσιο")


def stale() -> str:
    return gettext("Το κείμενο άλλαξε. Διαβάστε το ξανά στον πολίτη και επιλέξτε το πλαίσιο")


def fields(chosen: Chosen, entry: Entry, errors: Mapping[str, str]) -> list[Field]:
    """Name, phone, mail address, and the questions of the service."""
    return [
        *contact_fields(entry.contact, errors, by=chosen.channel.channel),
        *(_question(each, entry.answers, errors) for each in chosen.service.questions),
    ]


def contact_fields(
    contact: Mapping[str, str], errors: Mapping[str, str], *, by: Channel
) -> list[Field]:
    needs_mail = by is Channel.TELECONFERENCE
    called = by is Channel.TELEPHONE
    return [
        Field(
            id="onoma",
            label=gettext("Όνομα και επώνυμο"),
            value=contact.get("name", ""),
            hint=gettext("Του προσώπου που θα εξυπηρετηθεί"),
            error=errors.get("onoma", ""),
        ),
        Field(
            id="tilefono",
            label=gettext("Αριθμός τηλεφώνου"),
            value=contact.get("phone", ""),
            hint=gettext("Σε αυτόν θα τον καλέσει η υπηρεσία την ώρα του ραντεβού")
            if called
            else gettext("Κινητό ή σταθερό"),
            error=errors.get("tilefono", ""),
            kind="tel",
            size="20",
        ),
        Field(
            id="email",
            label=gettext("Ηλεκτρονικό ταχυδρομείο"),
            value=contact.get("email", ""),
            hint=gettext("Εκεί φτάνει ο σύνδεσμος της τηλεδιάσκεψης")
            if needs_mail
            else gettext("Χωρίς αυτό δεν στέλνουμε μηνύματα: ό,τι αλλάξει του το λέμε τηλεφωνικά"),
            error=errors.get("email", ""),
            optional="" if needs_mail else f"({gettext('προαιρετικό')})",
            kind="email",
        ),
    ]


def declarations(chosen: Chosen, entry: Entry, errors: Mapping[str, str]) -> list[Field]:
    """What is read out before anything else, with what each answer means."""
    found = []
    for key in chosen.service.declarations:
        declaration = chosen.municipality.declaration(key)
        if declaration is not None:
            found.append(_declaration(declaration, entry, errors))
    return found


def _declaration(declaration: Declaration, entry: Entry, errors: Mapping[str, str]) -> Field:
    name = _DECLARATION + declaration.key
    return Field(
        id=name,
        label=declaration.question.in_language(language()),
        value=entry.declarations.get(declaration.key, ""),
        hint=declaration.hint.in_language(language()),
        error=errors.get(name, ""),
        options=tuple(
            (each.value, each.label.in_language(language()), _meaning(each))
            for each in declaration.answers
        ),
    )


def _meaning(answer: DeclarationAnswer) -> str:
    if not answer.bookable:
        outcome = answer.outcome.in_language(language())
        return gettext("Δεν γίνεται ραντεβού. %(outcome)s") % {"outcome": outcome}
    texts = (answer.information, answer.confirmation)
    return " ".join(each.in_language(language()) for each in texts if each.el)


def _question(question: Question, answers: Mapping[str, str], errors: Mapping[str, str]) -> Field:
    own_id = _QUESTION + question.key
    afm = question.kind is QuestionKind.AFM
    label = question.label.in_language(language()).replace("*", "").strip()
    for mark in ("(προαιρετικά)", "(προαιρετικό)", "(optional)"):
        label = label.removesuffix(mark).strip()
    return Field(
        id=own_id,
        label=label,
        value=answers.get(question.key, ""),
        hint=question.hint.in_language(language())
        or (gettext("9 ψηφία, χωρίς κενά") if afm else ""),
        error=errors.get(own_id, ""),
        optional="" if question.required else f"({gettext('προαιρετικό')})",
        size="10" if afm else "",
        inputmode="numeric" if afm else "",
        rows=3 if question.kind is QuestionKind.LONG_TEXT else 0,
        options=tuple(
            (each.value, each.label.in_language(language()), "") for each in question.choices
        )
        if question.kind is QuestionKind.CHOICE
        else (),
    )


def harmless(text: str) -> str:
    """What was typed as it can be shown again: without characters that no page can hold."""
    return "".join(
        each for each in text if each == "\n" or unicodedata.category(each) not in _UNSHOWN
    )
