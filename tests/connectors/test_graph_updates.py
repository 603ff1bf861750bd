"""Changing events in Graph: sparse, never over somebody else's change, never a link lost."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.contract import EventRef, RemoteEvent
from connectors.errors import Conflict, TryLater
from connectors.graph.draft import amendment, new_event, transaction_id
from tests.connectors.outlook import Outlook, meanwhile, seen
from tests.contract.office import ZONE, at, draft, new_key
from tests.servers.graph.faults import created_but, cut, refused, reset
from tests.servers.graph.switches import every

_LOST = [created_but(503), created_but(504), reset(after=True), cut(0.3)]


@pytest.fixture
def patches(outlook_office: Outlook) -> list[dict[str, Any]]:
    bodies: list[dict[str, Any]] = []
    outlook_office.graph.faults.add(seen(bodies), method="PATCH", times=None)
    return bodies


@pytest.fixture
def created(outlook_office: Outlook) -> RemoteEvent:
    event = outlook_office.create(at(3, 9), new_key(), categories=("Ραντεβού",))
    outlook_office.requests()
    return event


def test_only_what_differs_is_sent(
    outlook_office: Outlook, created: RemoteEvent, patches: list[dict[str, Any]]
) -> None:
    moved = outlook_office.update(created, draft(at(5, 12), sequence=1))
    assert outlook_office.requests()[0].startswith("GET")
    assert [sorted(each) for each in patches] == [["end", "singleValueExtendedProperties", "start"]]
    assert moved.key == created.key
    again = outlook_office.update(moved, draft(at(5, 12), sequence=1))
    assert again == moved
    assert len(patches) == 1


def test_what_a_person_added_stays(
    outlook_office: Outlook, created: RemoteEvent, patches: list[dict[str, Any]]
) -> None:
    event_id = created.ref.id
    was = outlook_office.event(event_id)["body"]["content"]
    outlook_office.box.edit(
        event_id,
        categories=["Δικό μου", "Ραντεβού"],
        sensitivity="confidential",
        reminderMinutesBeforeStart=60,
        importance="high",
        body={
            "contentType": "html",
            "content": was.replace("<body>", "<body><p>Να φέρει ταυτότητα</p>").replace(
                "</body>", "<p>Τηλεφώνησε</p></body>"
            ),
        },
    )
    seen_now = RemoteEvent(ref=_ref_now(outlook_office, event_id), period=created.period)
    other = draft(at(5, 12), sequence=1, body="Νίκος Νικολάου\nΕπίδομα", categories=("Νέο",))
    outlook_office.update(seen_now, other)
    now = outlook_office.event(event_id)
    assert now["categories"] == ["Δικό μου", "Ραντεβού", "Νέο"]
    assert (now["sensitivity"], now["importance"]) == ("confidential", "high")
    assert now["reminderMinutesBeforeStart"] == 60
    text = now["body"]["content"]
    places = [text.index(each) for each in ("Να φέρει ταυτότητα", "Νίκος", "Τηλεφώνησε")]
    assert places == sorted(places)
    assert "Μαρία Παπαδοπούλου" not in text
    assert "attendees" not in patches[0]


def test_a_text_that_a_person_rewrote_stays_below_ours(
    outlook_office: Outlook, created: RemoteEvent
) -> None:
    outlook_office.box.edit(
        created.ref.id, body={"contentType": "html", "content": "<p>Άλλα <b>λόγια</b></p>"}
    )
    ref = _ref_now(outlook_office, created.ref.id)
    outlook_office.update(RemoteEvent(ref=ref, period=None), draft(at(5, 12), sequence=1))
    text = outlook_office.event(created.ref.id)["body"]["content"]
    assert text.index("Μαρία Παπαδοπούλου") < text.index("Άλλα")
    assert "λόγια" in text


def test_the_body_of_an_online_meeting_is_never_touched(
    outlook_office: Outlook, patches: list[dict[str, Any]]
) -> None:
    online = outlook_office.create(at(3, 9), new_key(), wants_meeting=True, location="")
    moved = outlook_office.update(
        online,
        draft(at(5, 12), wants_meeting=True, sequence=1, body="Άλλο", location="", subject="Νέο"),
    )
    assert moved.meeting_url == online.meeting_url
    assert (moved.subject, moved.period) == ("Νέο", at(5, 12))
    assert all("body" not in each and "isOnlineMeeting" not in each for each in patches)
    assert all("location" not in each for each in patches)
    assert outlook_office.event(online.ref.id)["isOnlineMeeting"] is True


def test_an_event_without_its_link_asks_for_it_with_the_next_change(
    outlook_office: Outlook, created: RemoteEvent
) -> None:
    moved = outlook_office.update(created, draft(at(5, 12), wants_meeting=True, sequence=1))
    assert moved.meeting_url.startswith("https://")


@pytest.mark.parametrize("switch", every("if_match_on_patch"))
def test_what_changed_before_is_not_overwritten(
    outlook_office: Outlook,
    created: RemoteEvent,
    patches: list[dict[str, Any]],
    switch: str,
) -> None:
    outlook_office.graph.switches.if_match_on_patch = switch  # type: ignore[assignment]
    outlook_office.box.set_categories(created.ref.id, ["Δικό μου"])
    with pytest.raises(Conflict):
        outlook_office.update(created, draft(at(5, 12), sequence=1))
    assert patches == []


def test_what_changes_at_the_same_moment_is_not_overwritten(
    outlook_office: Outlook, created: RemoteEvent
) -> None:
    outlook_office.graph.faults.add(
        meanwhile(lambda: outlook_office.office.staff.move(created.ref.id, at(3, 15))),
        method="PATCH",
    )
    with pytest.raises(Conflict):
        outlook_office.update(created, draft(at(5, 12), sequence=1))
    assert outlook_office.office.busy() == [at(3, 15)]


@pytest.mark.parametrize("lost", _LOST)
def test_changed_but_not_heard(outlook_office: Outlook, created: RemoteEvent, lost: Any) -> None:
    outlook_office.graph.faults.add(lost, method="PATCH")
    wanted = draft(at(5, 12), sequence=1)
    moved = outlook_office.update(created, wanted)
    assert moved.period == at(5, 12)
    assert outlook_office.update(created, wanted) == moved
    assert outlook_office.graph.requests.count("PATCH") == 1


@pytest.mark.parametrize("lost", [refused(503), refused(504), reset(after=False)])
def test_not_changed_and_not_heard(
    outlook_office: Outlook, created: RemoteEvent, lost: Any
) -> None:
    outlook_office.graph.faults.add(lost, method="PATCH")
    with pytest.raises(TryLater) as caught:
        outlook_office.update(created, draft(at(5, 12), sequence=1))
    assert caught.value.outcome_unknown
    assert outlook_office.office.busy() == [at(3, 9)]
    assert outlook_office.update(created, draft(at(5, 12), sequence=1)).period == at(5, 12)


def test_what_staff_made_whole_day_or_free_is_an_appointment_again(
    outlook_office: Outlook, created: RemoteEvent
) -> None:
    event_id = created.ref.id
    outlook_office.office.staff.remove(event_id)
    event = outlook_office.create(at(3, 9), new_key())
    outlook_office.box.set_show_as(event.ref.id, "free")
    ref = _ref_now(outlook_office, event.ref.id)
    moved = outlook_office.update(RemoteEvent(ref=ref, period=None), draft(at(5, 12), sequence=1))
    assert (moved.show_as, moved.all_day) == ("busy", False)


def test_a_meeting_address_can_go_again(outlook_office: Outlook) -> None:
    url = "https://meet.kavala.example/x"
    created = outlook_office.create(at(3, 9), new_key(), meeting_url=url, location="")
    assert outlook_office.event(created.ref.id)["location"]["displayName"] == url
    wanted = draft(at(3, 9), sequence=1)
    moved = outlook_office.update(created, wanted)
    assert moved.meeting_url == ""
    assert outlook_office.event(created.ref.id)["location"]["displayName"] == wanted.location
    assert outlook_office.update(moved, wanted) == moved


def test_an_older_sequence_never_comes_back() -> None:
    event = new_event(draft(at(3, 9), sequence=5), key="k", transaction=transaction_id("k"))
    assert amendment(event, draft(at(3, 9), sequence=3), office_zone=ZONE) == {}
    change = amendment(event, draft(at(3, 9), sequence=6), office_zone=ZONE)
    assert list(change) == ["singleValueExtendedProperties"]


def test_what_is_written_needs_no_amendment_as_the_service_gives_it_back() -> None:
    wanted = draft(
        at(3, 9), meeting_url="https://meet.example/x", location="", categories=("α", "β,γ")
    )
    event = new_event(wanted, key="k", transaction=transaction_id("k"))
    assert event["location"] == {"displayName": "https://meet.example/x"}
    assert "https://meet.example/x" in event["body"]["content"]
    lines = event["body"]["content"].replace("\n", "\r\n")
    for body in (
        {"contentType": "text", "content": lines},
        {"contentType": "HTML", "content": f"<html><head>x</head><body>{lines}</body></html>"},
        {"contentType": "html", "content": lines.replace("&", "&amp;").replace("\r\n", "<br>\r\n")},
    ):
        stored = event | {"body": body, "showAs": "Busy", "sensitivity": "Private"}
        assert amendment(stored, wanted, office_zone=ZONE) == {}


def test_transaction_ids_follow_from_the_key_alone() -> None:
    assert transaction_id("a") == transaction_id("a")
    made = {transaction_id(key, after=after) for key in ("a", "b") for after in ("", "\nx", "\ny")}
    assert len(made) == 6


def _ref_now(outlook_office: Outlook, event_id: str) -> EventRef:
    return EventRef(event_id, outlook_office.event(event_id)["@odata.etag"])
