"""What a citizen is asked: questions of the form, declarations before the calendar, consents."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from mapping.model.texts import LocalText


class QuestionKind(enum.StrEnum):
    TEXT = "text"
    LONG_TEXT = "long_text"
    AFM = "afm"  #: Greek tax number, nine digits with check digit
    ADDRESS = "address"
    SUBJECT = "subject"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: LocalText


@dataclass(frozen=True, slots=True)
class Question:
    """An additional field of the details form; name, e-mail and mobile phone are always asked."""

    key: str
    kind: QuestionKind
    label: LocalText
    hint: LocalText = LocalText("")
    required: bool = False
    max_length: int = 200
    choices: tuple[Choice, ...] = ()
    #: "contact": among name, mail and phone; "additional": under «Εισάγετε πρόσθετες πληροφορίες».
    section: str = "additional"
    purpose: LocalText = LocalText("")  #: what the answer is needed for
    #: Days after the appointment after which the answer is erased; None: with all the rest.
    erase_after_days: int | None = None


@dataclass(frozen=True, slots=True)
class DeclarationAnswer:
    """One answer to a declaration's question and what follows from it.

    With ``information`` or ``confirmation`` a second page is shown: the text, and a box to tick
    where ``confirmation`` is not empty. Not ``bookable``: the page says why and what to do instead
    (``outcome``).
    """

    value: str
    label: LocalText
    bookable: bool = True
    information: LocalText = LocalText("")
    confirmation: LocalText = LocalText("")
    outcome: LocalText = LocalText("")


@dataclass(frozen=True, slots=True)
class Declaration:
    key: str
    version: str
    question: LocalText
    answers: tuple[DeclarationAnswer, ...]
    hint: LocalText = LocalText("")
    #: Shown to whom none of the confirmations applies: what to do next.
    otherwise: LocalText = LocalText("")


class ConsentKind(enum.StrEnum):
    CONSENT = "consent"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True)
class Consent:
    """The text of the mandatory box on the details form; its version is kept with the booking."""

    key: str
    version: str
    kind: ConsentKind
    text: LocalText
