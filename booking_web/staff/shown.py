"""A booking in words for staff; the tax number stays covered until somebody asks for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from booking.model import BookingState, BookingView, Reason
from booking.office.noticed import Noticed
from booking.words import dates
from booking_web.current import gettext
from mapping.model import Channel, ConsentKind, Municipality, QuestionKind, Service

_VISIBLE_DIGITS = 3


def _(message: str) -> str:
    """Marks a text for extraction."""
    return message


CHANNELS = {
    Channel.IN_PERSON: _("Φυσική Παρουσία"),
    Channel.TELECONFERENCE: _("Τηλεδιάσκεψη"),
    Channel.TELEPHONE: _("Τηλέφωνο"),
}
_STATES = {
    BookingState.HELD: (_("Κρατημένο"), "warn"),
    BookingState.PENDING: (_("Επιβεβαιώνεται"), "warn"),
    BookingState.CONFIRMED: (_("Επιβεβαιωμένο"), "ok"),
    BookingState.CANCELLING: (_("Ακυρώθηκε, με δυνατότητα αναίρεσης"), "bad"),
    BookingState.CANCELLED: (_("Ακυρώθηκε"), "bad"),
    BookingState.CONFLICT: (_("Σύγκρουση με το ημερολόγιο"), "bad"),
    BookingState.RELEASED: (_("Δεν κλείστηκε"), "bad"),
    BookingState.COMPLETED: (_("Ολοκληρώθηκε"), "ok"),
    BookingState.NO_SHOW: (_("Δεν προσήλθε"), "warn"),
}


_REASONS = {
    Reason.NOT_PLACED: _("Κανένα ημερολόγιο δεν μπορούσε να το δεχτεί"),
    Reason.OFFICE_DELETED: _("Διαγράφηκε από το ημερολόγιο"),
    Reason.OFFICE_MOVED: _("Μετακινήθηκε σε ώρα που δεν γίνεται"),
    Reason.CALENDAR_BUSY: _("Άλλη εγγραφή στο ημερολόγιο την ίδια ώρα"),
}
_BY_THE_OFFICE = _("Ακυρώθηκε από την υπηρεσία")
#: What a reading saw of the event, while it is being looked at.
_SEEN = {
    "moved": _("Μετακινήθηκε και το εξετάζουμε"),
    "vanished": _("Λείπει. Αν δεν επανέλθει, ο πολίτης ενημερώνεται"),
    "overlapped": _("Υπάρχει άλλη εγγραφή την ίδια ώρα"),
    "edited": _("Έγινε ολοήμερο ή επαναλαμβάνεται"),
}
_WANTED = _("Γίνεται, όποια άλλη εγγραφή κι αν υπάρχει")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the day's list."""

    time: str
    service: str
    channel: str
    name: str = field(repr=False)
    mailbox: str
    state: str
    state_kind: str
    reference: str


def row(view: BookingView, municipality: Municipality, service: Service, *, language: str) -> Row:
    return Row(
        time=dates.clock_range(
            view.period, zone=ZoneInfo(municipality.time_zone), language=language
        ),
        service=service.title.in_language(language),
        channel=gettext(CHANNELS[view.channel]),
        name=gettext("(διαγράφηκε)") if view.erased_at else view.citizen.name,
        mailbox=view.mailbox,
        state=state(view),
        state_kind=state_kind(view),
        reference=view.reference,
    )


def state(view: BookingView) -> str:
    if view.state is BookingState.RELEASED and view.reason is Reason.OFFICE_DELETED:
        return gettext(_BY_THE_OFFICE)
    return gettext(_STATES[view.state][0])


def state_kind(view: BookingView) -> str:
    return _STATES[view.state][1]


def facts(
    view: BookingView, municipality: Municipality, service: Service, *, language: str
) -> list[tuple[str, str]]:
    zone = ZoneInfo(municipality.time_zone)
    rows = [
        (gettext("Πότε"), dates.day_and_range(view.period, zone=zone, language=language)),
        (gettext("Υπηρεσία"), service.title.in_language(language)),
        (gettext("Τρόπος"), gettext(CHANNELS[view.channel])),
        (gettext("Ημερολόγιο"), view.mailbox),
        (gettext("Δήμος"), municipality.name.in_language(language)),
    ]
    if view.pending_period is not None:
        moving = dates.day_and_range(view.pending_period, zone=zone, language=language)
        if view.pending_channel is not None:
            moving += f" – {gettext(CHANNELS[view.pending_channel])}"
        rows.insert(1, (gettext("Μεταφέρεται σε"), moving))
    if view.meeting_url:
        rows.append((gettext("Σύνδεσμος συνάντησης"), view.meeting_url))
    return rows


def erased(view: BookingView, *, zone: ZoneInfo, language: str) -> str:
    """The day since which nobody knows whose booking it was; "" where they do."""
    if view.erased_at is None:
        return ""
    return dates.day(dates.local(view.erased_at, zone=zone).date(), language=language)


def booked_by(
    view: BookingView, municipality: Municipality, service: Service, *, clerk: str
) -> list[tuple[str, str]]:
    """Who booked, and how the citizen agreed. ``clerk``: name of whoever did it for them."""
    rows = []
    if clerk:
        told = gettext("%(name)s, για πολίτη στο τηλέφωνο ή στο γραφείο") % {"name": clerk}
        rows.append((gettext("Έκλεισε το ραντεβού"), told))
    elif view.applicant is not None:
        words = (
            gettext("%(name)s με κωδικούς TAXISnet, για άλλο πρόσωπο")
            if view.applicant.for_other
            else gettext("%(name)s με κωδικούς TAXISnet")
        )
        rows.append((gettext("Έκλεισε το ραντεβού"), words % {"name": view.applicant.name}))
    consent = municipality.consent(service.consent)
    if view.consent_version and consent is not None:
        label = (
            gettext("Ενημέρωση")
            if consent.kind is ConsentKind.INFORMATION
            else gettext("Συγκατάθεση")
        )
        how = gettext("προφορικά") if clerk else gettext("στη σελίδα")
        version = gettext("έκδοση %(version)s") % {"version": view.consent_version}
        rows.append((label, f"{version}, {how}"))
    return rows


def noticed_facts(
    view: BookingView, noticed: Noticed | None, *, zone: ZoneInfo, language: str
) -> list[tuple[str, str]]:
    """What is the matter with its event, and why the booking is as it is; empty where all is
    well."""
    rows = []
    if view.reason is not Reason.NONE:
        rows.append((gettext("Λόγος"), gettext(_REASONS[view.reason])))
    if noticed is None:
        return rows
    if noticed.seen in _SEEN:
        told = gettext(_SEEN[noticed.seen])
        if noticed.seen_at is not None:
            since = dates.day_and_clock(noticed.seen_at, zone=zone, language=language, year=False)
            told = f"{told} ({gettext('από %(when)s') % {'when': since}})"
        rows.append((gettext("Στο ημερολόγιο"), told))
    elif noticed.shared:
        rows.append((gettext("Στο ημερολόγιο"), gettext(_WANTED)))
    if noticed.stands_at is not None and noticed.stands_at != view.period:
        where = dates.day_and_range(noticed.stands_at, zone=zone, language=language)
        rows.append((gettext("Στο ημερολόγιο τώρα"), where))
    return rows


def answers(
    view: BookingView, service: Service, *, language: str, revealed: bool
) -> list[tuple[str, str, bool]]:
    """(label, value, covered) of every question that was answered."""
    rows = []
    known = {question.key: question for question in service.questions}
    for key, value in view.answers.items():
        if not value:
            continue
        question = known.get(key)
        label = question.label.in_language(language) if question else key
        # An answer to a question that the mapping dropped meanwhile may be anything: cover it.
        covered = not revealed and (question is None or question.kind is QuestionKind.AFM)
        choice = (
            next((each for each in question.choices if each.value == value), None)
            if (question)
            else None
        )
        text = choice.label.in_language(language) if choice else value
        rows.append((label, _covered(text) if covered else text, covered))
    return rows


def _covered(value: str) -> str:
    return "•" * max(len(value) - _VISIBLE_DIGITS, 3) + value[-_VISIBLE_DIGITS:]


def declarations(
    view: BookingView, municipality: Municipality, *, language: str
) -> list[tuple[str, str]]:
    rows = []
    for key, value in view.declarations.items():
        declaration = municipality.declaration(key)
        if declaration is None:
            rows.append((key, value))
            continue
        given = next((each for each in declaration.answers if each.value == value), None)
        question = declaration.question.in_language(language)
        rows.append((question, given.label.in_language(language) if given else value))
    return rows
