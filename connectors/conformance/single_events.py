"""Promises about single events: written once, changed only as seen, foreign ones untouched."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Final

from connectors.conformance.checks import PromiseBroken, holds, refused, same
from connectors.conformance.office import Office, new_key
from connectors.contract import EventRef
from connectors.deadline import Deadline
from connectors.errors import Conflict, EventGone, TryLater

_MARKS: Final = "\x00\r\n\x1b\x85\u202e"


def promise_what_is_created_reads_back_the_same(office: Office) -> None:
    """What is created reads back the same."""
    key = new_key()
    period = office.times.at(15, 9)
    created = office.create(period, key=key)
    read = office.get(created.ref.id)
    same(read, created, "the event read back")
    wanted = office.draft(period)
    same(
        (read.period, read.key, read.reference, read.about, read.subject),
        (period, key, wanted.reference, wanted.about, wanted.subject),
        "time, key, reference, what it is about, and subject",
    )
    holds(not read.cancelled, "the new event is said to be cancelled")
    holds(not read.recurring, "the new event is said to be a series")


def promise_a_private_event_reads_back(office: Office) -> None:
    """A private event reads back and takes time."""
    period = office.times.at(15, 10)
    created = office.create(period, draft=office.draft(period, private=True))
    same(office.busy(), [period], "what takes time")
    same(created.period, period, "the time answered")


def promise_a_meeting_address_and_categories_are_kept(office: Office) -> None:
    """A meeting address of ours and categories are kept."""
    meeting = "https://meet.kalamata.example/KLM-7Q2?a=1,2;b"
    period = office.times.at(15, 10)
    draft = office.draft(period, meeting_url=meeting, categories=("Ραντεβού", "a,b"))
    created = office.create(period, draft=draft)
    same(created.meeting_url, meeting, "the meeting address answered")
    back = office.get(created.ref.id)
    same(back.meeting_url, meeting, "the meeting address read back")
    same(set(back.categories), {"Ραντεβού", "a,b"}, "the categories read back")


def promise_the_same_key_is_the_same_event_however_often_it_is_sent(office: Office) -> None:
    """The same key is the same event, however often it is sent."""
    key = new_key()
    first = office.create(office.times.at(15, 9), key=key)
    for _ in range(3):
        same(office.create(office.times.at(15, 9), key=key), first, "the answer to a repetition")
    same(office.staff.events(), 1, "number of events")


def promise_a_repeated_key_does_not_undo_a_move_by_staff(office: Office) -> None:
    """A repeated key does not undo a move by staff."""
    key, there = new_key(), office.times.at(15, 13)
    created = office.create(office.times.at(15, 9), key=key)
    office.staff.move(created.ref.id, there)
    same(office.create(office.times.at(15, 9), key=key).period, there, "time after the repetition")
    same(office.busy(), [there], "what takes time")


def promise_other_keys_are_other_events_even_at_the_same_time(office: Office) -> None:
    """Other keys are other events, even at the same time."""
    office.create(office.times.at(15, 9))
    office.create(office.times.at(15, 9))
    same(office.staff.events(), 2, "number of events")


def promise_any_text_may_be_a_key(office: Office) -> None:
    """Any text may be a key: blanks, Greek, long, looking like a path, like a quotation."""
    new = secrets.token_hex(8)
    alike = "h." + secrets.token_hex(20)
    for key in (
        f"a/b c{new}",
        f"κλειδί{new}",
        new + "x" * 384,
        f"../up{new}",
        f"a%2Fb{new}",
        alike,
    ):
        office.create(office.times.at(15, 9), key=key)
        found = office.find(key)
        if found is None:
            raise PromiseBroken(f"the event of key {key[:40]!r} is not found")
        same(found.key, key, "the key told")
    same(office.staff.events(), 6, "number of events")


def promise_find_tells_what_is_there_and_what_is_not(office: Office) -> None:
    """A key is found exactly where its event is there."""
    key = new_key()
    same(office.connector.find(mailbox=office.mailbox, key=key, deadline=office.soon()), None,
         "before it is created")  # fmt: skip
    created = office.create(office.times.at(15, 9), key=key)
    same(office.find(key), created, "after it was created")


def promise_an_update_changes_the_event_in_place(office: Office) -> None:
    """An update changes the event in place."""
    created = office.create(office.times.at(15, 9))
    there = office.times.at(17, 12)
    updated = office.update(created.ref, office.draft(there, sequence=1))
    same((updated.period, updated.ref.id, updated.key), (there, created.ref.id, created.key),
         "time, id and key after the update")  # fmt: skip
    holds(updated.ref.etag != created.ref.etag, "the version is the same after the update")
    same(office.busy(), [there], "what takes time")
    same(office.staff.events(), 1, "number of events")


def promise_an_update_of_an_old_version_is_refused(office: Office) -> None:
    """An update of an old version is refused."""
    created = office.create(office.times.at(15, 9))
    there = office.times.at(15, 11)
    office.staff.move(created.ref.id, there)
    with refused(Conflict, "an update of an old version"):
        office.update(created.ref, office.draft(office.times.at(17, 12), sequence=1))
    same(office.busy(), [there], "what takes time")


def promise_an_update_sent_twice_is_content_with_its_own_work(office: Office) -> None:
    """An update that is sent twice is content with its own work."""
    created = office.create(office.times.at(15, 9))
    wanted = office.draft(office.times.at(17, 12), sequence=1)
    first = office.update(created.ref, wanted)
    same(office.update(created.ref, wanted), first, "the answer to the repetition")


def promise_what_is_to_be_forgotten_goes_and_nothing_else_changes(office: Office) -> None:
    """What is to be forgotten goes from the event; the time that staff gave it stays."""
    name, kept = "Όνομα: Κανάριος Κανάρης", "Υπηρεσία: δοκιμή"
    period, there = office.times.at(15, 9), office.times.at(15, 13)
    created = office.create(period, draft=office.draft(period, body=f"{name}\n{kept}"))
    office.staff.move(created.ref.id, there)
    moved = office.get(created.ref.id)
    wanted = office.draft(period, body=kept, forgets=("Όνομα: ",))
    office.update(moved.ref, wanted)
    back = office.get(created.ref.id)
    same((back.period, back.key), (there, created.key), "time and key")
    holds(name not in back.body and kept in back.body, "the text is not the one that was wanted")
    same(office.update(back.ref, wanted).body, back.body, "the text after a repetition")


def promise_what_staff_removed_is_gone(office: Office) -> None:
    """What staff removed is gone, and is neither read nor written anew."""
    created = office.create(office.times.at(15, 9))
    office.staff.remove(created.ref.id)
    with refused(EventGone, "reading what staff removed"):
        office.get(created.ref.id)
    with refused(EventGone, "updating what staff removed"):
        office.update(created.ref, office.draft(office.times.at(17, 12)))
    same(office.staff.events(), 0, "number of events")


def promise_deleting_twice_is_as_good_as_once(office: Office) -> None:
    """Deleting twice is as good as once."""
    created = office.create(office.times.at(15, 9))
    for _ in range(2):
        office.delete(created.ref)
    same(office.staff.events(), 0, "number of events")


def promise_deleting_an_old_version_is_refused_but_any_version_can_be_meant(
    office: Office,
) -> None:
    """Deleting an old version is refused, but any version can be meant."""
    created = office.create(office.times.at(15, 9))
    there = office.times.at(15, 11)
    office.staff.move(created.ref.id, there)
    with refused(Conflict, "deleting an old version"):
        office.delete(created.ref)
    same(office.busy(), [there], "what takes time after the refusal")
    office.delete(EventRef(created.ref.id, ""))
    same(office.busy(), [], "what takes time after deleting whatever version")


def promise_foreign_events_stay_as_they_are(office: Office) -> None:
    """Events of others at the same time stay as they are."""
    foreign = office.staff.put(office.times.at(15, 9))
    before = office.get(foreign)
    ours = office.create(office.times.at(15, 9))
    office.delete(ours.ref)
    after = office.get(foreign)
    same(after, before, "the event of somebody else")
    same(after.key, None, "its key")


def promise_nothing_is_sent_after_the_deadline(office: Office) -> None:
    """Nothing is sent after the deadline."""
    with refused(TryLater, "writing after the deadline") as caught:
        office.connector.create(
            mailbox=office.mailbox,
            draft=office.draft(office.times.at(15, 9)),
            key=new_key(),
            deadline=Deadline.after(0),
        )
    holds(not caught.error.outcome_unknown, "it is said that the event may have been written")
    same(office.staff.events(), 0, "number of events")


def promise_control_characters_do_no_harm(office: Office) -> None:
    """Control characters in our texts do no harm."""
    wild = "a\x00b\r\nATTENDEE:mailto:x@example.org\x1b\x85 \u202e; , \\n"
    period = office.times.at(15, 9)
    draft = replace(office.draft(period), subject=wild, body=wild, location=wild)
    read = office.get(office.create(period, draft=draft).ref.id)
    same(read.period, period, "time of the event")
    holds(not set(read.subject) & set(_MARKS), "a control character stands in the calendar")
    same(office.busy(), [period], "what takes time")
