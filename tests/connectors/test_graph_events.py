"""Events in Graph whatever it answers: one event per key, nobody's change overwritten."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from connectors.contract import EventRef, RemoteEvent
from connectors.deadline import Deadline
from connectors.errors import Conflict, ConnectorError, EventGone, Rejected, TryLater
from connectors.graph import properties
from tests.connectors.outlook import Outlook, changed, meanwhile, outlook, seen
from tests.contract.office import at, draft, new_key, soon
from tests.servers.graph.faults import (
    created_but,
    cut,
    late_link,
    refused,
    reset,
    waits_for,
    without_link,
)
from tests.servers.graph.mailbox import Mailbox
from tests.servers.graph.switches import every
from tests.waiting import wait_until

_EVENTS = r"/events$"
_ONE = r"/events/[^/]+$"
_LOST = [
    created_but(503),
    created_but(503, retry_after=7),
    created_but(504),
    created_but(500),
    reset(after=True),
    cut(0.5),
    cut(0.0),
]


def test_a_new_event_costs_one_request_and_says_everything(outlook_office: Outlook) -> None:
    bodies: list[dict[str, Any]] = []
    outlook_office.graph.faults.add(seen(bodies), method="POST", path=_EVENTS)
    key = new_key()
    created = outlook_office.create(at(3, 9), key, categories=("Ραντεβού",), sequence=2)
    assert outlook_office.requests() == ["POST events"]
    [body] = bodies
    assert "attendees" not in body
    assert body["start"] == {"dateTime": "2026-11-03T07:00:00", "timeZone": "UTC"}
    assert body["end"] == {"dateTime": "2026-11-03T07:30:00", "timeZone": "UTC"}
    assert (body["sensitivity"], body["showAs"]) == ("private", "busy")
    assert body["categories"] == ["Ραντεβού"]
    assert body["body"]["contentType"] == "text"
    assert "https://rantevou.example/staff/bookings/KLM-7Q2" in body["body"]["content"]
    assert "isOnlineMeeting" not in body
    ours = {
        each["id"].rsplit(" ", 1)[-1]: each["value"]
        for each in body["singleValueExtendedProperties"]
    }
    assert (ours["RantevouKey"], ours["RantevouReference"], ours["RantevouSequence"]) == (
        key,
        "KLM-7Q2",
        "2",
    )
    assert outlook_office.event(created.ref.id)["attendees"] == []
    assert outlook_office.graph.mails_to_attendees == []


@pytest.mark.parametrize("answer", every("transaction_repeat"))
def test_another_process_sends_the_same_key(outlook_office: Outlook, answer: str) -> None:
    outlook_office.graph.switches.transaction_repeat = answer  # type: ignore[assignment]
    key = new_key()
    first = outlook_office.create(at(3, 9), key)
    again = outlook_office.create(at(3, 9), key, by=outlook_office.another())
    assert again == first
    assert len(outlook_office.box.events()) == 1


@pytest.mark.parametrize("answer", ["first_wins", "conflict"])
def test_another_process_sends_the_same_key_with_other_content(
    outlook_office: Outlook, answer: str
) -> None:
    outlook_office.graph.switches.transaction_other_content = answer  # type: ignore[assignment]
    key = new_key()
    first = outlook_office.create(at(3, 9), key)
    again = outlook_office.create(at(3, 10), key, by=outlook_office.another())
    assert again == first
    assert len(outlook_office.box.events()) == 1


@pytest.mark.parametrize("answer", every("transaction_other_content"))
def test_the_same_process_never_sends_a_key_blindly_twice(
    outlook_office: Outlook, answer: str
) -> None:
    """Also where the service does not remember the transaction id at all."""
    outlook_office.graph.switches.transaction_other_content = answer  # type: ignore[assignment]
    outlook_office.graph.switches.transaction_memory = timedelta(0)
    key = new_key()
    first = outlook_office.create(at(3, 9), key)
    assert outlook_office.create(at(3, 10), key) == first
    assert len(outlook_office.box.events()) == 1


@pytest.mark.parametrize("again_here", [True, False])
@pytest.mark.parametrize("answer", every("transaction_after_delete"))
def test_an_event_that_staff_removed_is_made_anew(
    outlook_office: Outlook, answer: str, again_here: bool
) -> None:
    outlook_office.graph.switches.transaction_after_delete = answer  # type: ignore[assignment]
    key = new_key()
    by = outlook_office.connector if again_here else outlook_office.another()
    with outlook_office.an_hour_ago():
        first = outlook_office.create(at(3, 9), key)
        outlook_office.box.remove(first.ref.id)
    with outlook_office.an_hour_ago():
        again = outlook_office.create(at(3, 9), key, by=by)
    assert again.ref.id != first.ref.id
    assert [each["id"] for each in outlook_office.box.events()] == [again.ref.id]
    found = outlook_office.connector.find(mailbox=outlook_office.mailbox, key=key, deadline=soon())
    assert found == again
    # And once more: the next id of that key is known to the service too by now.
    outlook_office.box.remove(again.ref.id)
    third = outlook_office.create(at(3, 9), key, by=outlook_office.another())
    assert third.ref.id not in {first.ref.id, again.ref.id}
    assert len(outlook_office.box.events()) == 1


@pytest.mark.parametrize("answer", every("transaction_after_delete"))
def test_eight_make_a_removed_event_anew_and_it_is_one(
    outlook_office: Outlook, answer: str
) -> None:
    outlook_office.graph.switches.transaction_after_delete = answer  # type: ignore[assignment]
    key = new_key()
    with outlook_office.an_hour_ago():
        outlook_office.box.remove(outlook_office.create(at(3, 9), key).ref.id)
    processes = [outlook_office.another() for _ in range(4)]
    barrier = threading.Barrier(8)

    def one(number: int) -> RemoteEvent | ConnectorError:
        barrier.wait()
        try:
            return outlook_office.create(at(3, 9), key, by=processes[number % 4])
        except TryLater as error:
            return error

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(8)))
    ids = {each.ref.id for each in answers if isinstance(each, RemoteEvent)}
    assert len(ids) == 1
    assert [each["id"] for each in outlook_office.box.events()] == list(ids)


@pytest.mark.parametrize("lost", _LOST)
def test_written_but_not_heard(outlook_office: Outlook, lost: Any) -> None:
    outlook_office.graph.faults.add(lost, method="POST", path=_EVENTS)
    key = new_key()
    created = outlook_office.create(at(3, 9), key)
    assert (created.key, created.period) == (key, at(3, 9))
    assert outlook_office.requests() == ["POST events", "GET events"]
    assert [each["id"] for each in outlook_office.box.events()] == [created.ref.id]


@pytest.mark.parametrize("lost", [refused(503), refused(504), refused(500), reset(after=False)])
def test_not_written_and_not_heard_is_unknown_and_not_repeated(
    outlook_office: Outlook, lost: Any
) -> None:
    outlook_office.graph.faults.add(lost, method="POST", path=_EVENTS)
    key = new_key()
    with pytest.raises(TryLater) as caught:
        outlook_office.create(at(3, 9), key)
    assert caught.value.outcome_unknown
    assert outlook_office.graph.requests.count("POST", _EVENTS) == 1
    assert outlook_office.box.events() == []
    assert outlook_office.create(at(3, 9), key).key == key
    assert len(outlook_office.box.events()) == 1


def test_slowed_down_is_known_to_have_done_nothing(outlook_office: Outlook) -> None:
    outlook_office.graph.faults.add(refused(429, retry_after=3), method="POST", path=_EVENTS)
    with pytest.raises(TryLater) as caught:
        outlook_office.create(at(3, 9), new_key())
    assert (caught.value.retry_after, caught.value.outcome_unknown) == (3, False)
    assert outlook_office.requests() == ["POST events"]


def test_written_and_then_nothing_can_be_found_out(outlook_office: Outlook) -> None:
    outlook_office.graph.faults.add(created_but(504), method="POST", path=_EVENTS)
    outlook_office.graph.faults.add(refused(503), method="GET", path=_EVENTS)
    key = new_key()
    with pytest.raises(TryLater) as caught:
        outlook_office.create(at(3, 9), key)
    assert caught.value.outcome_unknown
    assert outlook_office.create(at(3, 9), key, by=outlook_office.another()).key == key
    assert len(outlook_office.box.events()) == 1


def test_an_answer_after_the_deadline_is_not_waited_for(outlook_office: Outlook) -> None:
    gate = threading.Event()
    outlook_office.graph.faults.add(waits_for(gate), method="POST", path=_EVENTS)
    key = new_key()
    try:
        created = outlook_office.create(at(3, 9), key, deadline=Deadline.after(6))
    finally:
        gate.set()
    # The write had three quarters of the time; what was left was enough to look.
    assert created.key == key
    assert len(outlook_office.box.events()) == 1


def test_who_waits_for_the_same_key_too_long_has_sent_nothing(outlook_office: Outlook) -> None:
    gate = threading.Event()
    outlook_office.graph.faults.add(waits_for(gate), method="POST", path=_EVENTS)
    key = new_key()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(outlook_office.create, at(3, 9), key)
        wait_until(lambda: len(outlook_office.box.events()) == 1)
        with pytest.raises(TryLater) as caught:
            outlook_office.create(at(3, 9), key, deadline=Deadline.after(0.1))
        gate.set()
        created = first.result()
    assert not caught.value.outcome_unknown
    assert outlook_office.create(at(3, 9), key) == created
    mine = f"{outlook_office.box.address}/calendar{_EVENTS}"
    assert outlook_office.graph.requests.count("POST", mine) == 1


def test_refused_content_is_told_as_refused(outlook_office: Outlook) -> None:
    outlook_office.graph.faults.add(
        refused(400, "ErrorPropertyValidationFailure"), method="POST", path=_EVENTS, times=None
    )
    with pytest.raises(Rejected):
        outlook_office.create(at(3, 9), new_key())
    assert outlook_office.box.events() == []


def test_the_oldest_of_several_is_the_event_of_a_key(outlook_office: Outlook) -> None:
    """A person's copy of our event carries our properties too."""
    key = new_key()
    with outlook_office.an_hour_ago():
        created = outlook_office.create(at(3, 9), key)
    _copy(outlook_office.box, created.ref.id)
    assert len(outlook_office.box.events()) == 2
    found = outlook_office.connector.find(mailbox=outlook_office.mailbox, key=key, deadline=soon())
    assert found == created
    outlook_office.box.edit(created.ref.id, isCancelled=True)
    found = outlook_office.connector.find(mailbox=outlook_office.mailbox, key=key, deadline=soon())
    assert found is not None
    assert not found.cancelled


def test_a_key_with_quotes_finds_its_own_event_only(outlook_office: Outlook) -> None:
    keys = ["it's", "it''s", "' or 1 eq 1 or '", "x&$top=1#?", "a+b%2B", "'"]
    made = {key: outlook_office.create(at(3, 9), key) for key in keys}
    for key in keys:
        found = outlook_office.another().find(
            mailbox=outlook_office.mailbox, key=key, deadline=soon()
        )
        assert found == made[key]


def test_a_service_that_ignores_the_filter_does_no_harm(outlook_office: Outlook) -> None:
    outlook_office.create(at(3, 9), new_key())
    everything = [
        each
        | {
            "singleValueExtendedProperties": [
                {"id": properties.KEY.replace("7a3f", "7A3F"), "value": "other"}
            ]
        }
        for each in outlook_office.box.events()
    ]
    outlook_office.graph.faults.add(
        changed(lambda body: {"value": everything}), method="GET", path=_EVENTS, times=None
    )
    find = outlook_office.connector.find
    assert find(mailbox=outlook_office.mailbox, key="mine", deadline=soon()) is None
    other = find(mailbox=outlook_office.mailbox, key="other", deadline=soon())
    assert other is not None
    assert other.key == "other"


@pytest.mark.parametrize("switch", every("if_match_on_delete"))
def test_what_changed_is_not_deleted(outlook_office: Outlook, switch: str) -> None:
    outlook_office.graph.switches.if_match_on_delete = switch  # type: ignore[assignment]
    created = outlook_office.create(at(3, 9), new_key())
    outlook_office.box.set_categories(created.ref.id, ["Δικό μου"])
    with pytest.raises(Conflict):
        outlook_office.connector.delete(
            mailbox=outlook_office.mailbox, ref=created.ref, deadline=soon()
        )
    assert len(outlook_office.box.events()) == 1
    whatever = EventRef(created.ref.id, "")
    outlook_office.requests()
    outlook_office.connector.delete(mailbox=outlook_office.mailbox, ref=whatever, deadline=soon())
    assert [each.split()[0] for each in outlook_office.requests()] == ["DELETE"]
    assert outlook_office.box.events() == []


@pytest.mark.parametrize("lost", [created_but(503), created_but(504), reset(after=True)])
def test_deleted_but_not_heard(outlook_office: Outlook, lost: Any) -> None:
    created = outlook_office.create(at(3, 9), new_key())
    outlook_office.graph.faults.add(lost, method="DELETE")
    outlook_office.connector.delete(
        mailbox=outlook_office.mailbox, ref=created.ref, deadline=soon()
    )
    assert outlook_office.box.events() == []


def test_a_refusal_without_a_change_is_tried_again(outlook_office: Outlook) -> None:
    created = outlook_office.create(at(3, 9), new_key())
    for method in ("PATCH", "DELETE"):
        outlook_office.graph.faults.add(
            refused(412, "ErrorIrresolvableConflict"), method=method, path=_ONE
        )
    updated = outlook_office.update(created, draft(at(5, 12), sequence=1))
    assert updated.period == at(5, 12)
    outlook_office.connector.delete(
        mailbox=outlook_office.mailbox, ref=updated.ref, deadline=soon()
    )
    assert outlook_office.box.events() == []


def test_an_event_that_never_stops_changing(outlook_office: Outlook) -> None:
    created = outlook_office.create(at(3, 9), new_key())
    numbers = itertools.count()
    outlook_office.graph.faults.add(
        meanwhile(lambda: outlook_office.box.edit(created.ref.id, subject=f"{next(numbers)}")),
        method="PATCH",
        times=None,
    )
    with pytest.raises(Conflict):
        outlook_office.update(created, draft(at(5, 12)))
    with pytest.raises(Conflict):
        outlook_office.connector.update(
            mailbox=outlook_office.mailbox,
            ref=EventRef(created.ref.id, ""),
            draft=draft(at(5, 12)),
            deadline=soon(),
        )
    assert outlook_office.office.busy() == [at(3, 9)]


@pytest.mark.parametrize("pause", ["at_once", "later"])
def test_a_meeting_link_is_there_or_waited_for(outlook_office: Outlook, pause: str) -> None:
    outlook_office.graph.switches.teams_link = pause  # type: ignore[assignment]
    created = outlook_office.create(at(3, 9), new_key(), wants_meeting=True, location="")
    assert created.meeting_url.startswith("https://teams.microsoft.com/l/meetup-join/")
    expected = ["POST"] if pause == "at_once" else ["POST", "GET"]
    asked = [each.split()[0] for each in outlook_office.requests()]
    assert asked[: len(expected)] == expected
    assert len(asked) <= 3
    read = outlook_office.connector.get(
        mailbox=outlook_office.mailbox, event_id=created.ref.id, deadline=soon()
    )
    assert read.meeting_url == created.meeting_url


@pytest.mark.parametrize("fault", [without_link(), late_link()])
def test_a_meeting_without_a_link_is_still_an_event(outlook_office: Outlook, fault: Any) -> None:
    outlook_office.graph.faults.add(fault, method="POST", path=_EVENTS)
    key = new_key()
    created = outlook_office.create(at(3, 9), key, wants_meeting=True, deadline=Deadline.after(6))
    assert created.key == key
    assert len(outlook_office.box.events()) == 1
    assert outlook_office.graph.requests.count("POST") == 1
    assert outlook_office.graph.requests.count("GET") <= 3


def test_a_mailbox_without_teams_does_not_use_up_the_time(outlook_office: Outlook) -> None:
    with outlook(outlook_office.graph, outlook_office.connector, teams=False) as poor:
        deadline = Deadline.after(30)
        created = poor.create(at(3, 9), new_key(), wants_meeting=True, deadline=deadline)
        assert created.meeting_url == ""
        assert deadline.remaining() > 15


def _copy(box: Mailbox, event_id: str) -> None:
    with box.world.changing():
        [item] = [each for each in box.items.values() if box.events()[0]["id"] == event_id]
        copied = box.insert(
            start=datetime.fromisoformat(item.start),
            end=datetime.fromisoformat(item.end),
            zone=item.zone,
            content=dict(item.content),
            properties=dict(item.properties),
        )
        assert copied.uid != item.uid


def test_an_update_of_what_is_gone(outlook_office: Outlook) -> None:
    created = outlook_office.create(at(3, 9), new_key())
    outlook_office.graph.faults.add(
        meanwhile(lambda: outlook_office.box.remove(created.ref.id)), method="PATCH"
    )
    with pytest.raises(EventGone):
        outlook_office.update(created, draft(at(5, 12)))
