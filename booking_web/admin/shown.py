"""The state of calendars, servers and open work in words for an administrator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from booking.office.overview import MailboxStatus, OpenStep
from booking.store.servers import ServerRow
from booking.subscriptions.status import Notified
from booking.words import dates
from booking_web.admin.troubles import Trouble, calls_remedy, trouble
from booking_web.current import gettext

_ZONE = ZoneInfo("Europe/Athens")
_DASH = "–"


def _(message: str) -> str:
    """Marks a text for extraction."""
    return message


_KINDS = {
    "place": _("Εγγραφή στο ημερολόγιο"),
    "update": _("Αλλαγή στο ημερολόγιο"),
    "remove": _("Διαγραφή από το ημερολόγιο"),
    "mail": _("Αποστολή email"),
    "link": _("Αναζήτηση του συνδέσμου της συνάντησης"),
    "secure": _("Ρύθμιση των επιλογών της συνάντησης"),
    "review": _("Έλεγχος τι άλλαξε στο ημερολόγιο"),
    "forget": _("Διαγραφή του ονόματος από παλιά εγγραφή του ημερολογίου"),
}
#: What staff did to events of ours that is still being looked at.
_NOTICED = {
    "moved": _("Ραντεβού που μετακινήθηκαν"),
    "vanished": _("Ραντεβού που λείπουν από το ημερολόγιο"),
    "overlapped": _("Ραντεβού με άλλη εγγραφή την ίδια ώρα"),
    "edited": _("Ραντεβού που έγιναν ολοήμερα ή επαναλαμβάνονται"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """``readable``, ``writable`` and ``offers``: words and kind of the tag."""

    id: str
    address: str
    staff: str
    municipality: str
    age: str
    trouble: Trouble | None
    offers: tuple[str, str]
    readable: tuple[str, str]
    writable: tuple[str, str]
    next_poll: str
    open_steps: int


@dataclass(frozen=True, slots=True)
class Server:
    origin: str
    mailboxes: int
    answer: str
    interval: str
    last_success: str
    failures: int
    waits_until: str  #: empty where nobody asked us to wait


@dataclass(frozen=True, slots=True)
class Step:
    kind: str
    reference: str
    created: str
    tries: int
    due: str
    outcome: str


def matches(status: MailboxStatus, query: str) -> bool:
    words = f"{status.address} {status.staff_name} {status.municipality}".casefold()
    return all(word in words for word in query.casefold().split())


def row(status: MailboxStatus, *, language: str) -> Row:
    return Row(
        id=status.id,
        address=status.address,
        staff=status.staff_name,
        municipality=status.municipality,
        age=age(status.age, language=language),
        trouble=trouble(status),
        offers=_tag(status.offers),
        readable=_tag(status.readable),
        writable=_tag(status.writable),
        next_poll=clock(status.next_poll_at, language=language),
        open_steps=len(status.open_steps),
    )


def facts(status: MailboxStatus, *, municipality: str, language: str) -> list[tuple[str, str]]:
    rows = [
        (gettext("Δήμος"), municipality),
        (gettext("Υπάλληλος"), status.staff_name),
        (gettext("Διακομιστής"), status.server),
        (gettext("Ημερολόγιο"), status.calendar or gettext("το κύριο της θυρίδας")),
        (gettext("Προσφέρει ώρες"), _tag(status.offers)[0]),
        (gettext("Τελευταία ανάγνωση"), moment(status.last_read_at, language=language)),
        (gettext("Εγγραφές που διαβάστηκαν"), str(status.entries)),
        (gettext("Τελευταία αλλαγή που είδαμε"), moment(status.changed_at, language=language)),
        (gettext("Επόμενη ανάγνωση"), moment(status.next_poll_at, language=language)),
        (gettext("Ανάγνωση"), _tag(status.readable)[0]),
        (gettext("Εγγραφή"), _tag(status.writable)[0]),
        (gettext("Τελευταίος έλεγχος"), moment(status.checked_at, language=language)),
        (gettext("Εκκρεμείς εργασίες"), str(len(status.open_steps))),
        *_calls(status.notified, language=language),
    ]
    if status.waits_until is not None:
        until = moment(status.waits_until, language=language)
        rows.append((gettext("Ο πάροχος μας ζήτησε να περιμένουμε έως"), until))
    rows.extend(
        (gettext(words), str(status.noticed[seen]))
        for seen, words in _NOTICED.items()
        if status.noticed.get(seen)
    )
    for remark in status.remarks:
        told = f"{remark.count} × {', '.join(remark.warnings)} ({remark.resource_id})"
        rows.append((gettext("Εγγραφές που διαβάστηκαν παρά τα λάθη τους"), told))
    return rows


def _calls(notified: Notified | None, *, language: str) -> list[tuple[str, str]]:
    """Whether the calendar tells of its changes by itself."""
    name = gettext("Ειδοποιήσεις αλλαγών")
    if notified is None:
        return [(name, gettext("Όχι, διαβάζεται περιοδικά"))]
    until = moment(notified.until, language=language)
    yes = gettext("Ναι, έως %(when)s") % {"when": until}
    rows = [(name, yes if notified.calls else gettext("Όχι ακόμη"))]
    if notified.last_at is not None:
        last = moment(notified.last_at, language=language)
        rows.append((gettext("Τελευταία ειδοποίηση"), last))
    if notified.error_code:
        told = f"{calls_remedy(notified.error_code)} ({notified.error_text})"
        rows.append((gettext("Πρόβλημα με τις ειδοποιήσεις"), told))
    return rows


def server(each: ServerRow, *, mailboxes: int, waits: datetime | None, language: str) -> Server:
    return Server(
        origin=each.origin,
        mailboxes=mailboxes,
        answer=f"{each.answer_seconds * 1000:.0f}{dates.NO_BREAK_SPACE}ms",
        interval=age(timedelta(seconds=each.poll_seconds), language=language),
        last_success=moment(each.last_success, language=language),
        failures=each.failures,
        waits_until=clock(waits, language=language) if waits else "",
    )


def step(each: OpenStep, *, language: str) -> Step:
    return Step(
        kind=gettext(_KINDS[each.kind]) if each.kind in _KINDS else each.kind,
        reference=each.reference,
        created=moment(each.created_at, language=language),
        tries=each.tries,
        due=moment(each.due_at, language=language),
        outcome=each.outcome,
    )


def _tag(able: bool | None) -> tuple[str, str]:
    if able is None:
        return gettext("Δεν ελέγχθηκε"), "warn"
    return (gettext("Ναι"), "ok") if able else (gettext("Όχι"), "bad")


def age(length: timedelta | None, *, language: str) -> str:
    """In seconds up to two minutes, then minutes; «ποτέ» where it never happened."""
    if length is None:
        return gettext("ποτέ")
    seconds = max(int(length.total_seconds()), 0)
    if seconds < 120:
        return f"{seconds}{dates.NO_BREAK_SPACE}{gettext('δευτερόλεπτα')}"
    return dates.duration(seconds // 60, language=language)


def moment(at: datetime | None, *, language: str) -> str:
    return _DASH if at is None else dates.day_and_clock(at, zone=_ZONE, language=language)


def clock(at: datetime | None, *, language: str) -> str:
    return _DASH if at is None else dates.clock(at, zone=_ZONE, language=language)
