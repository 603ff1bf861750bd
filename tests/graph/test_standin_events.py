"""Single events of the stand-in: what a client writes and reads back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.graph.calling import IMMUTABLE, KEY_ID, MONDAY, Client, time
from tests.servers.graph import GraphServer
from tests.servers.graph.mailbox import Mailbox

KEPT = {"id": KEY_ID, "value": "k-1"}


def test_an_event_reads_back_as_it_was_written(client: Client) -> None:
    made = client.create(
        sensitivity="private",
        showAs="busy",
        categories=["Rantevou"],
        body={"contentType": "text", "content": "1 < 2\nΓεια"},
        location={"displayName": "Δημαρχείο"},
    )
    assert made.status == 201
    read = client.get(f"/events/{made.body['id']}").body
    assert read == made.body
    assert (read["subject"], read["sensitivity"]) == ("Ραντεβού", "private")
    assert read["start"] == {"dateTime": "2026-11-23T08:00:00.0000000", "timeZone": "UTC"}
    assert (read["type"], read["isAllDay"], read["recurrence"]) == ("singleInstance", False, None)
    assert read["@odata.etag"] == f'W/"{read["changeKey"]}"'
    assert read["bodyPreview"].startswith("1 < 2")
    assert [one["displayName"] for one in read["locations"]] == ["Δημαρχείο"]


def test_bodies_are_html_unless_text_is_preferred(client: Client) -> None:
    event = client.create(body={"contentType": "text", "content": "1 < 2"}).body
    assert event["body"]["contentType"] == "html"
    assert "1 &lt; 2" in event["body"]["content"]
    text = 'outlook.body-content-type="text"'
    read = client.get(f"/events/{event['id']}", prefer=f"{IMMUTABLE}, {text}").body
    assert read["body"] == {"contentType": "text", "content": "1 < 2"}


def test_the_plain_id_changes_with_the_folder_and_the_immutable_one_stays(
    client: Client, anna: Mailbox
) -> None:
    immutable = client.create().body["id"]
    plain = client.get(f"/events/{immutable}", prefer="").body["id"]
    assert plain != immutable
    anna.move_to_calendar(immutable, anna.add_calendar("Άλλο"))
    assert client.get(f"/events/{plain}").code == "ErrorItemNotFound"
    moved = client.get(f"/events/{immutable}", prefer="").body["id"]
    assert moved not in {plain, immutable}
    assert client.get(f"/events/{immutable}").body["id"] == immutable


def test_extended_properties_are_told_only_when_asked_for(client: Client) -> None:
    event = client.create(singleValueExtendedProperties=[KEPT]).body
    client.create("another", singleValueExtendedProperties=[KEPT | {"value": "k'2"}])
    assert "singleValueExtendedProperties" not in event
    expand = f"singleValueExtendedProperties($filter=id eq '{KEY_ID}')"
    read = client.get(f"/events/{event['id']}", _expand=expand, _select="subject").body
    assert read["singleValueExtendedProperties"] == [KEPT]
    assert "start" not in read
    wanted = f"ep/id eq '{KEY_ID}' and ep/value eq 'k''2'"
    found = client.get("/events", _filter=f"singleValueExtendedProperties/Any(ep: {wanted})")
    assert found.subjects == ["another"]


@pytest.mark.parametrize(
    ("zone", "hour"),
    [("GTB Standard Time", 8), ("Europe/Bucharest", 8), ("UTC", 10), ("Etc/GMT-2", 8)],
)
def test_times_are_taken_in_known_zones_and_told_in_utc(
    client: Client, zone: str, hour: int
) -> None:
    at = MONDAY.replace(hour=10)
    end = at + timedelta(minutes=30)
    event = client.create(start=time(at, zone), end=time(end, zone)).body
    assert event["start"]["dateTime"] == f"2026-11-23T{hour:02}:00:00.0000000"
    assert event["originalStartTimeZone"] == zone
    prefer = f'{IMMUTABLE}, outlook.timezone="GTB Standard Time"'
    local = client.get(f"/events/{event['id']}", prefer=prefer)
    assert local.body["start"]["timeZone"] == "GTB Standard Time"
    assert local.body["start"]["dateTime"] == f"2026-11-23T{hour + 2:02}:00:00.0000000"
    assert "outlook.timezone" in local.headers["Preference-Applied"]


@pytest.mark.parametrize("zone", ["Europe/Athens", "Athens", "greek time"])
def test_zones_that_the_service_does_not_list_are_refused(client: Client, zone: str) -> None:
    reply = client.create(start=time(MONDAY, zone))
    assert (reply.status, reply.code) == (400, "InvalidTimeZone")
    reply = client.get("/events", prefer=f'outlook.timezone="{zone}"')
    assert (reply.status, reply.code) == (400, "InvalidTimeZone")


def test_an_all_day_event_keeps_its_dates_in_every_zone(client: Client, anna: Mailbox) -> None:
    start = MONDAY.replace(hour=22)  # midnight in Athens
    event_id = anna.put(start, start + timedelta(days=1), all_day=True)
    for zone in ("UTC", "GTB Standard Time"):
        prefer = f'{IMMUTABLE}, outlook.timezone="{zone}"'
        read = client.get(f"/events/{event_id}", prefer=prefer).body
        assert read["start"] == {"dateTime": "2026-11-24T00:00:00.0000000", "timeZone": zone}
    # It stands in the view by its instants all the same.
    assert client.view(start, start + timedelta(minutes=5)).value


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"showAs": "occupied"}, "RequestBodyRead"),
        ({"isOnlineMeting": True}, "RequestBodyRead"),
        ({"start": "2026-11-23T08:00:00Z"}, "ErrorPropertyValidationFailure"),
        ({"start": {"dateTime": "yesterday"}}, "RequestBodyRead"),
        ({"end": time(MONDAY - timedelta(hours=1))}, "ErrorPropertyValidationFailure"),
        ({"isAllDay": True}, "ErrorPropertyValidationFailure"),
        ({"singleValueExtendedProperties": [{"id": "x"}]}, "ErrorInvalidExtendedProperty"),
        ({"recurrence": {"pattern": {}}}, "ErrorPropertyValidationFailure"),
    ],
)
def test_what_cannot_be_an_event_is_refused(
    client: Client, anna: Mailbox, change: dict[str, object], code: str
) -> None:
    reply = client.create(**change)
    assert (reply.status, reply.code) == (400, code)
    assert reply.body["error"]["innerError"]["request-id"]
    assert anna.events() == []


def test_words_are_taken_in_any_case(client: Client) -> None:
    event = client.create(showAs="OOF", sensitivity="Private", importance="High").body
    assert (event["showAs"], event["sensitivity"], event["importance"]) == (
        "oof",
        "private",
        "high",
    )


def test_a_patch_changes_only_what_it_names(client: Client) -> None:
    event = client.create(location={"displayName": "Εδώ"}, categories=["a"]).body
    changed = client.send("PATCH", f"/events/{event['id']}", {"subject": "Άλλο"})
    assert changed.status == 200
    differ = {name for name in event if event[name] != changed.body[name]}
    assert differ == {"subject", "changeKey", "@odata.etag", "lastModifiedDateTime"}


@pytest.mark.parametrize(("switch", "status"), [("honoured", 412), ("ignored", 200)])
def test_a_stale_etag_is_refused_where_the_service_honours_it(
    client: Client, graph: GraphServer, switch: str, status: int
) -> None:
    event = client.create().body
    path = f"/events/{event['id']}"
    client.box.edit(event["id"], subject="Of somebody else")
    graph.switches.if_match_on_patch = switch  # type: ignore[assignment]
    graph.switches.if_match_on_delete = switch  # type: ignore[assignment]
    stale = {"If-Match": event["@odata.etag"]}
    reply = client.send("PATCH", path, {"subject": "Ours"}, headers=stale)
    assert reply.status == status
    assert status == 200 or reply.code == "ErrorIrresolvableConflict"
    fresh = {"If-Match": client.get(path).body["@odata.etag"]}
    assert client.send("PATCH", path, {"subject": "Ours"}, headers=fresh).status == 200
    assert client.send("DELETE", path, headers=stale).status == (412 if status == 412 else 204)
    assert client.send("DELETE", path, headers={"If-Match": "*"}).status in {204, 404}
    assert client.get(path).status == 404


def test_attendees_would_have_been_mailed(client: Client, graph: GraphServer) -> None:
    client.create()
    assert graph.mails_to_attendees == []
    citizen = {"emailAddress": {"address": "citizen@example.org"}, "type": "Required"}
    event = client.create(attendees=[citizen]).body
    assert event["attendees"][0]["type"] == "required"
    path = f"/events/{event['id']}"
    client.send("PATCH", path, {"subject": "Άλλο"})
    client.send("DELETE", path)
    mailed = [(to, why) for _, to, why in graph.mails_to_attendees]
    assert mailed == [
        ("citizen@example.org", why) for why in ("invitation", "update", "cancellation")
    ]


@pytest.mark.parametrize("switch", ["accepted", "refused"])
def test_cancelling_without_attendees_is_not_documented(
    client: Client, graph: GraphServer, switch: str
) -> None:
    graph.switches.cancel_without_attendees = switch  # type: ignore[assignment]
    event = client.create().body
    reply = client.send("POST", f"/events/{event['id']}/cancel", {"Comment": "no"})
    assert reply.status == (202 if switch == "accepted" else 400)
    assert (client.get(f"/events/{event['id']}").status == 404) is (switch == "accepted")


def test_only_an_organizer_cancels(client: Client, anna: Mailbox) -> None:
    event_id = anna.invite(MONDAY, MONDAY + timedelta(hours=1), "boss@kavala.example")
    assert client.send("POST", f"/events/{event_id}/cancel", {}).status == 400
    assert client.get(f"/events/{event_id}").body["showAs"] == "tentative"
    anna.answer(event_id, "accepted")
    assert client.get(f"/events/{event_id}").body["showAs"] == "busy"
    anna.called_off(event_id)
    read = client.get(f"/events/{event_id}").body
    assert (read["isCancelled"], read["showAs"]) == (True, "free")


def test_a_copy_in_outlook_carries_our_properties(client: Client, anna: Mailbox) -> None:
    event = client.create(singleValueExtendedProperties=[KEPT], transactionId="t-1").body
    copy = anna.copy(event["id"], MONDAY + timedelta(days=1), MONDAY + timedelta(days=1, hours=1))
    wanted = f"ep/id eq '{KEY_ID}' and ep/value eq 'k-1'"
    found = client.get("/events", _filter=f"singleValueExtendedProperties/Any(ep: {wanted})").value
    assert {one["id"] for one in found} == {event["id"], copy}
    assert "transactionId" not in client.get(f"/events/{copy}").body


def test_an_event_of_ours_can_become_a_series(client: Client, anna: Mailbox) -> None:
    event = client.create().body["id"]
    anna.repeat(event, 3)
    assert client.get(f"/events/{event}").body["type"] == "seriesMaster"
    shown = client.view(MONDAY, MONDAY + timedelta(days=30)).value
    assert [one["seriesMasterId"] for one in shown] == [event] * 3


def test_a_filter_may_find_a_new_event_late(client: Client, graph: GraphServer) -> None:
    graph.clock.set(MONDAY)
    graph.switches.filter_delay = timedelta(seconds=5)
    event = client.create("new").body["id"]
    assert client.get("/events", _filter="subject eq 'new'").value == []
    assert client.get(f"/events/{event}").status == 200
    graph.clock.advance(timedelta(seconds=5))
    assert client.get("/events", _filter="subject eq 'new'").subjects == ["new"]


def test_only_delegated_users_are_me(client: Client, graph: GraphServer) -> None:
    reply = client.get(f"{graph.base_url}/me/events")
    assert reply.status == 400
    assert "delegated" in reply.body["error"]["message"]
