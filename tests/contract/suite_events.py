"""Promises about single events: written once, changed only as seen, foreign ones untouched."""

from __future__ import annotations

import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from connectors.contract import Connector, EventRef, MailboxRef, RemoteEvent
from connectors.deadline import Deadline
from connectors.errors import Conflict, EventGone, TryLater
from tests.contract.office import Office, at, draft, new_key, soon


def _create_in_child(connector: Connector, mailbox: MailboxRef, key: str) -> None:
    event = connector.create(mailbox=mailbox, draft=draft(at(4, 9)), key=key, deadline=soon())
    again = connector.get(mailbox=mailbox, event_id=event.ref.id, deadline=soon())
    raise SystemExit(0 if again.key == key else 1)


class EventPromises:
    """Subclasses give an ``office`` fixture."""

    def test_what_is_created_reads_back_the_same(self, office: Office) -> None:
        key = new_key()
        created = office.create(at(3, 9), key=key)
        read = office.connector.get(
            mailbox=office.mailbox, event_id=created.ref.id, deadline=soon()
        )
        assert read == created
        assert (read.period, read.key, read.reference) == (at(3, 9), key, "KLM-7Q2")
        assert read.subject == draft(at(3, 9)).subject
        assert not read.cancelled
        assert not read.recurring

    def test_a_private_event_reads_back(self, office: Office) -> None:
        created = office.connector.create(
            mailbox=office.mailbox,
            draft=draft(at(3, 10), private=True),
            key=new_key(),
            deadline=soon(),
        )
        assert office.busy() == [at(3, 10)]
        assert created.period == at(3, 10)

    def test_a_meeting_address_and_categories_are_kept(self, office: Office) -> None:
        meeting = "https://meet.kalamata.example/KLM-7Q2?a=1,2;b"
        created = office.connector.create(
            mailbox=office.mailbox,
            draft=draft(at(3, 10), meeting_url=meeting, categories=("Ραντεβού", "a,b")),
            key=new_key(),
            deadline=soon(),
        )
        read = office.connector.get(
            mailbox=office.mailbox, event_id=created.ref.id, deadline=soon()
        )
        assert read.meeting_url == created.meeting_url == meeting

    def test_the_same_key_is_the_same_event_however_often_it_is_sent(self, office: Office) -> None:
        key = new_key()
        first = office.create(at(3, 9), key=key)
        assert [office.create(at(3, 9), key=key) for _ in range(3)] == [first] * 3
        assert office.staff.events() == 1

    def test_a_repeated_key_does_not_undo_a_move_by_staff(self, office: Office) -> None:
        key = new_key()
        created = office.create(at(3, 9), key=key)
        office.staff.move(created.ref.id, at(3, 13))
        assert office.create(at(3, 9), key=key).period == at(3, 13)
        assert office.busy() == [at(3, 13)]

    def test_other_keys_are_other_events_even_at_the_same_time(self, office: Office) -> None:
        office.create(at(3, 9))
        office.create(at(3, 9))
        assert office.staff.events() == 2

    @pytest.mark.parametrize(
        "key", ["a/b c", "κλειδί", "x" * 400, "../up", "a%2Fb", "h." + "0" * 40]
    )
    def test_any_text_may_be_a_key(self, office: Office, key: str) -> None:
        office.create(at(3, 9), key=key)
        found = office.connector.find(mailbox=office.mailbox, key=key, deadline=soon())
        assert found is not None
        assert found.key == key

    def test_eight_at_once_make_one_event(self, office: Office) -> None:
        key = new_key()
        barrier = threading.Barrier(8)

        def one(_: int) -> RemoteEvent | Exception:
            barrier.wait()
            try:
                return office.create(at(3, 9), key=key)
            except TryLater as error:
                return error

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(one, range(8)))
        made = [answer for answer in answers if isinstance(answer, RemoteEvent)]
        assert office.staff.events() == 1
        assert made
        assert {event.ref.id for event in made} == {made[0].ref.id}

    def test_find_tells_what_is_there_and_what_is_not(self, office: Office) -> None:
        key = new_key()
        assert office.connector.find(mailbox=office.mailbox, key=key, deadline=soon()) is None
        created = office.create(at(3, 9), key=key)
        found = office.connector.find(mailbox=office.mailbox, key=key, deadline=soon())
        assert found == created

    def test_an_update_changes_the_event_in_place(self, office: Office) -> None:
        created = office.create(at(3, 9))
        updated = office.connector.update(
            mailbox=office.mailbox,
            ref=created.ref,
            draft=draft(at(5, 12), sequence=1),
            deadline=soon(),
        )
        assert updated.period == at(5, 12)
        assert updated.ref.id == created.ref.id
        assert updated.ref.etag != created.ref.etag
        assert updated.key == created.key
        assert office.busy() == [at(5, 12)]
        assert office.staff.events() == 1

    def test_an_update_of_an_old_version_is_refused(self, office: Office) -> None:
        created = office.create(at(3, 9))
        office.staff.move(created.ref.id, at(3, 11))
        with pytest.raises(Conflict):
            office.connector.update(
                mailbox=office.mailbox,
                ref=created.ref,
                draft=draft(at(5, 12), sequence=1),
                deadline=soon(),
            )
        assert office.busy() == [at(3, 11)]

    def test_an_update_sent_twice_is_content_with_its_own_work(self, office: Office) -> None:
        created = office.create(at(3, 9))
        wanted = draft(at(5, 12), sequence=1)
        first = office.connector.update(
            mailbox=office.mailbox, ref=created.ref, draft=wanted, deadline=soon()
        )
        again = office.connector.update(
            mailbox=office.mailbox, ref=created.ref, draft=wanted, deadline=soon()
        )
        assert again == first

    def test_what_staff_removed_is_gone(self, office: Office) -> None:
        created = office.create(at(3, 9))
        office.staff.remove(created.ref.id)
        with pytest.raises(EventGone):
            office.connector.get(mailbox=office.mailbox, event_id=created.ref.id, deadline=soon())
        with pytest.raises(EventGone):
            office.connector.update(
                mailbox=office.mailbox, ref=created.ref, draft=draft(at(5, 12)), deadline=soon()
            )
        assert office.staff.events() == 0

    def test_deleting_twice_is_as_good_as_once(self, office: Office) -> None:
        created = office.create(at(3, 9))
        for _ in range(2):
            office.connector.delete(mailbox=office.mailbox, ref=created.ref, deadline=soon())
        assert office.staff.events() == 0

    def test_deleting_an_old_version_is_refused_but_any_version_can_be_meant(
        self, office: Office
    ) -> None:
        created = office.create(at(3, 9))
        office.staff.move(created.ref.id, at(3, 11))
        with pytest.raises(Conflict):
            office.connector.delete(mailbox=office.mailbox, ref=created.ref, deadline=soon())
        assert office.busy() == [at(3, 11)]
        whatever = EventRef(created.ref.id, "")
        office.connector.delete(mailbox=office.mailbox, ref=whatever, deadline=soon())
        assert office.busy() == []

    def test_foreign_events_stay_as_they_are(self, office: Office) -> None:
        foreign = office.staff.put(at(3, 9))
        before = office.connector.get(mailbox=office.mailbox, event_id=foreign, deadline=soon())
        ours = office.create(at(3, 9))
        office.connector.delete(mailbox=office.mailbox, ref=ours.ref, deadline=soon())
        after = office.connector.get(mailbox=office.mailbox, event_id=foreign, deadline=soon())
        assert after == before
        assert after.key is None

    def test_nothing_is_sent_after_the_deadline(self, office: Office) -> None:
        with pytest.raises(TryLater) as caught:
            office.connector.create(
                mailbox=office.mailbox,
                draft=draft(at(3, 9)),
                key=new_key(),
                deadline=Deadline.after(0),
            )
        assert not caught.value.outcome_unknown
        assert office.staff.events() == 0

    def test_control_characters_do_no_harm(self, office: Office) -> None:
        wild = "a\x00b\r\nATTENDEE:mailto:x@example.org\x1b\x85 \u202e; , \\n"
        created = office.connector.create(
            mailbox=office.mailbox,
            draft=replace(draft(at(3, 9)), subject=wild, body=wild, location=wild),
            key=new_key(),
            deadline=soon(),
        )
        read = office.connector.get(
            mailbox=office.mailbox, event_id=created.ref.id, deadline=soon()
        )
        assert read.period == at(3, 9)
        assert not set(read.subject) & set("\x00\r\n\x1b\x85\u202e")
        assert office.busy() == [at(3, 9)]

    def test_a_connector_used_before_a_fork_works_after_it(self, office: Office) -> None:
        office.create(at(3, 9))
        keys = [new_key() for _ in range(3)]
        context = multiprocessing.get_context("fork")
        children = [
            context.Process(target=_create_in_child, args=(office.connector, office.mailbox, key))
            for key in keys
        ]
        for child in children:
            child.start()
        office.create(at(3, 10))
        for child in children:
            child.join(30)
        assert [child.exitcode for child in children] == [0, 0, 0]
        assert office.connector.find(mailbox=office.mailbox, key=new_key(), deadline=soon()) is None
