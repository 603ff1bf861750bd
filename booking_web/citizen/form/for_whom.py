"""For whom the appointment is, where somebody has signed in: for them, or for another person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from booking import applicants
from booking.model import Applicant
from booking_web.citizen.chosen import Chosen
from booking_web.citizen.draft import Draft
from booking_web.citizen.form import fields
from booking_web.citizen.form.fields import Field
from booking_web.current import gettext
from booking_web.register import identity
from booking_web.register.answer import Person
from mapping.model import QuestionKind

#: Field of the form, and its answers as the draft keeps them.
FIELD = "gia"
ME, OTHER = "emena", "allon"


@dataclass(frozen=True, slots=True)
class Whose:
    """The question on the details page. ``fields``: what is asked of another person alone."""

    options: tuple[tuple[str, str, str], ...]
    value: str
    error: str
    fields: tuple[Field, ...]


def applicant(draft: Draft) -> Applicant | None:
    """Whoever signed in, as a booking remembers them."""
    person = identity.current()
    if person is None:
        return None
    return Applicant(name=person.name, afm=person.afm, for_other=draft.whose == OTHER)


def told(chosen: Chosen, draft: Draft) -> dict[str, str]:
    """What the register has answered of the details form, by key of ``mapping.answers``."""
    # Until it is said whose the appointment is, nobody's name is asked for.
    return applicants.told(chosen.service, applicant(draft))


def answer_of(typed: str) -> str:
    return typed if typed in {ME, OTHER} else ""


def unanswered(draft: Draft) -> dict[str, str]:
    """An error where somebody has signed in and has not said for whom they book."""
    if identity.current() is None or draft.whose:
        return {}
    return {FIELD: gettext("Επιλέξτε για ποιον είναι το ραντεβού")}


def question(
    chosen: Chosen, draft: Draft, asked: tuple[Field, ...], errors: Mapping[str, str]
) -> tuple[Whose | None, tuple[Field, ...]]:
    """The question (None: nobody has signed in), and what is asked of everybody.

    ``asked`` are the fields of one section of the form; those that the register answers for
    whoever signed in go with the question.
    """
    person = identity.current()
    if person is None:
        return None, asked
    theirs = _answered_by_register(chosen)
    whose = Whose(
        options=_options(person),
        value=draft.whose,
        error=errors.get(FIELD, ""),
        fields=tuple(each for each in asked if each.id in theirs),
    )
    return whose, tuple(each for each in asked if each.id not in theirs)


def _options(person: Person) -> tuple[tuple[str, str, str], ...]:
    return (
        (
            ME,
            gettext("Για εμένα, %(name)s") % {"name": person.name},
            gettext("Το όνομα και ο ΑΦΜ σας είναι γνωστά από το TAXISnet"),
        ),
        (
            OTHER,
            gettext("Κλείνω ραντεβού για άλλο πρόσωπο"),
            gettext("Θα φαίνεται ότι το κλείσατε εσείς"),
        ),
    )


def _answered_by_register(chosen: Chosen) -> set[str]:
    own = next((each for each in chosen.service.questions if each.kind is QuestionKind.AFM), None)
    return {fields.field_id("name"), *([fields.field_id(own.key)] if own else [])}


def row(draft: Draft, url: str) -> list[tuple[str, str, str]]:
    """The line of the check page; empty where nobody has signed in."""
    person = identity.current()
    if person is None:
        return []
    if draft.whose == OTHER:
        words = gettext("Για άλλο πρόσωπο. Το κλείνει: %(name)s") % {"name": person.name}
    else:
        words = gettext("Για εμένα")
    return [(gettext("Για ποιον είναι το ραντεβού"), words, f"{url}#{FIELD}")]
