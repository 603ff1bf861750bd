"""What stands beside the calendars: batches, Teams meetings, mail, settings of a mailbox."""

from __future__ import annotations

import base64
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.graph.calling import MONDAY, Client, Reply, time
from tests.servers.graph import GraphServer, graph_server
from tests.servers.graph.faults import refused, reset
from tests.servers.graph.mailbox import Mailbox

ONLINE = {"isOnlineMeeting": True, "onlineMeetingProvider": "teamsForBusiness"}
SECURE = {
    "lobbyBypassSettings": {"scope": "organizer", "isDialInBypassEnabled": False},
    "allowRecording": False,
    "allowTranscription": False,
    "recordAutomatically": False,
}


def batch(client: Client, *requests: dict[str, Any]) -> Reply:
    return client.send("POST", f"{client.graph.base_url}/$batch", {"requests": list(requests)})


def read(name: str, path: str = "/events", **more: Any) -> dict[str, Any]:
    return {"id": name, "method": "GET", "url": f"/users/anna@kavala.example{path}"} | more


def test_a_batch_answers_each_request_by_itself(graph: GraphServer, client: Client) -> None:
    graph.faults.add(refused(429, retry_after=5), path="calendars")
    event = {"subject": "In a batch", "start": time(MONDAY), "end": time(MONDAY.replace(hour=9))}
    made = batch(
        client,
        read("a"),
        read("b", "/calendars"),
        read("c", "/events/none"),
        {
            "id": "d",
            "method": "POST",
            "url": "/users/anna@kavala.example/events",
            "headers": {"Content-Type": "application/json", "Prefer": 'IdType="ImmutableId"'},
            "body": event,
        },
    )
    answers = {one["id"]: one for one in made.body["responses"]}
    assert made.status == 200
    assert {name: one["status"] for name, one in answers.items()} == {
        "a": 200,
        "b": 429,
        "c": 400,
        "d": 201,
    }
    assert answers["b"]["headers"]["Retry-After"] == "5"
    assert answers["d"]["body"]["subject"] == "In a batch"
    assert graph.requests.count("POST", "/events$", status=201) == 1


def test_who_depends_on_a_failure_fails(client: Client) -> None:
    made = batch(
        client,
        read("1"),
        read("2", "/events/none", dependsOn=["1"]),
        read("3", dependsOn=["2"]),
    )
    statuses = [one["status"] for one in made.body["responses"]]
    assert statuses == [200, 400, 424]


def test_a_lost_connection_inside_a_batch_is_an_error_of_its_own(
    graph: GraphServer, client: Client
) -> None:
    graph.faults.add(reset(after=True), method="GET", path="/events")
    assert batch(client, read("1")).body["responses"][0]["status"] == 504


@pytest.mark.parametrize(
    "requests",
    [
        [],
        [read(str(number)) for number in range(21)],
        [read("1"), read("1")],
        [read("1", method="TRACE")],
        [read("1", url="https://graph.microsoft.com/v1.0/users")],
        [read("1", method="POST", body={})],
        [read("1", dependsOn=["2"])],
        [read("1", depends_on=[])],
    ],
)
def test_batches_that_are_refused(client: Client, requests: list[dict[str, Any]]) -> None:
    assert batch(client, *requests).status == 400


def meeting(client: Client, user: str, join_url: str) -> Reply:
    url = f"{client.graph.base_url}/users/{user}/onlineMeetings"
    return client.send("GET", url, _filter=f"JoinWebUrl eq '{join_url}'")


def test_options_of_a_meeting_need_a_policy(
    graph: GraphServer, client: Client, anna: Mailbox
) -> None:
    join_url = client.create(**ONLINE).body["onlineMeeting"]["joinUrl"]
    refusal = meeting(client, anna.object_id, join_url)
    assert (refusal.status, refusal.code) == (403, "Forbidden")
    assert "No Application Access Policy found" in refusal.body["error"]["message"]

    graph.meetings.granted = {anna.address}
    found = meeting(client, anna.object_id, join_url).value
    assert [one["joinWebUrl"] for one in found] == [join_url]
    assert meeting(client, anna.address, join_url).status == 404  # object ids only
    assert not meeting(client, anna.object_id, f"{join_url}x").value

    url = f"{graph.base_url}/users/{anna.object_id}/onlineMeetings/{found[0]['id']}"
    changed = client.send("PATCH", url, SECURE)
    assert changed.status == 200
    assert {name: changed.body[name] for name in SECURE} == SECURE
    assert graph.meetings.options(join_url)["allowRecording"] is False


@pytest.mark.parametrize(
    "wish",
    [
        {"startDateTime": "2026-11-23T08:00:00Z"},
        {"lobbyBypassSettings": {"scope": "nobody"}},
        {"allowRecording": "no"},
        {"recordAutomaticaly": False},
    ],
)
def test_options_that_are_refused(
    graph: GraphServer, client: Client, anna: Mailbox, wish: dict[str, Any]
) -> None:
    graph.meetings.granted = True
    join_url = client.create(**ONLINE).body["onlineMeeting"]["joinUrl"]
    found = meeting(client, anna.object_id, join_url).value[0]
    url = f"{graph.base_url}/users/{anna.object_id}/onlineMeetings/{found['id']}"
    assert client.send("PATCH", url, wish).status == 400


def mail(sender: str = "anna@kavala.example") -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "p@x.example", "Ραντεβού"
    message.set_content("Γεια σας")
    message.add_attachment("BEGIN:VCALENDAR", subtype="calendar", params={"method": "REQUEST"})
    message.set_boundary("part")
    return message.as_bytes()


def send(client: Client, content: bytes, kind: str = "text/plain") -> Reply:
    return client.send("POST", "/sendMail", content, headers={"Content-Type": kind})


def test_a_mail_in_mime_form_is_kept_as_it_is(
    graph: GraphServer, client: Client, tmp_path: Path
) -> None:
    accepted = send(client, base64.encodebytes(mail()))
    assert (accepted.status, accepted.body) == (202, None)

    sent = graph.mail.sent[0]
    assert sent.content == mail()
    assert (sent.sender, sent.recipients) == ("anna@kavala.example", ["p@x.example"])
    assert sent.message["Subject"] == "Ραντεβού"
    assert (tmp_path / "graph" / "mails" / "0001.eml").read_bytes() == mail()


def test_mails_that_are_refused(graph: GraphServer, client: Client) -> None:
    assert send(client, b"not base64!").code == "ErrorMimeContentInvalidBase64String"
    other = send(client, base64.b64encode(mail("nikos@kavala.example")))
    assert (other.status, other.code) == (403, "ErrorSendAsDenied")
    nobody = send(client, base64.b64encode(b"From: anna@kavala.example\r\n\r\nhello"))
    assert nobody.code == "ErrorInvalidRecipients"
    assert send(client, mail(), "message/rfc822").status == 415
    graph.mail.permitted = False
    assert send(client, base64.b64encode(mail())).status == 403
    assert not graph.mail.sent


def test_a_mail_as_json(graph: GraphServer, client: Client) -> None:
    body = {
        "subject": "Hello",
        "body": {"contentType": "text", "content": "Dear you"},
        "toRecipients": [{"emailAddress": {"address": "p@x.example"}}],
    }
    assert client.send("POST", "/sendMail", {"message": body}).status == 202
    assert graph.mail.sent[0].message.get_content() == "Dear you\n"


def test_working_hours_with_windows_and_own_zones(client: Client) -> None:
    hours = client.get("/mailboxSettings", _select="workingHours").body
    assert "timeZone" not in hours
    assert hours["workingHours"]["timeZone"] == {"name": "GTB Standard Time"}
    assert hours["workingHours"]["startTime"] == "08:00:00.0000000"

    own = {
        "@odata.type": "#microsoft.graph.customTimeZone",
        "bias": -120,
        "name": "Customized Time Zone",
        "standardOffset": {
            "time": "04:00:00.0000000",
            "dayOccurrence": 5,
            "dayOfWeek": "sunday",
            "month": 10,
            "year": 0,
        },
        "daylightOffset": {
            "daylightBias": -60,
            "time": "03:00:00.0000000",
            "dayOccurrence": 5,
            "dayOfWeek": "sunday",
            "month": 3,
            "year": 0,
        },
    }
    wish = {"workingHours": {"daysOfWeek": ["Monday"], "endTime": "15:00:00", "timeZone": own}}
    changed = client.send("PATCH", "/mailboxSettings", wish)
    assert changed.status == 200
    told = client.get("/mailboxSettings").body["workingHours"]
    assert (told["daysOfWeek"], told["endTime"]) == (["monday"], "15:00:00.0000000")
    assert told["timeZone"] == own


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"timeZone": "Atlantis Standard Time"}, "InvalidTimeZone"),
        ({"workingHours": {"daysOfWeek": ["someday"]}}, "BadRequest"),
        ({"workingHours": {"startTime": "early"}}, "BadRequest"),
        ({"colour": "red"}, "BadRequest"),
    ],
)
def test_settings_that_are_refused(client: Client, wish: dict[str, Any], code: str) -> None:
    before = client.get("/mailboxSettings").body
    refusal = client.send("PATCH", "/mailboxSettings", wish)
    assert (refusal.status, refusal.code) == (400, code)
    assert client.get("/mailboxSettings").body == before


def test_categories_and_zones(client: Client) -> None:
    wish = {"displayName": "Rantevou", "color": "preset9"}
    assert client.send("POST", "/outlook/masterCategories", wish).status == 201
    assert client.send("POST", "/outlook/masterCategories", wish).status == 409
    told = client.get("/outlook/masterCategories").value
    assert [(one["displayName"], one["color"]) for one in told] == [("Rantevou", "preset9")]

    windows = {one["alias"] for one in client.get("/outlook/supportedTimeZones").value}
    assert "GTB Standard Time" in windows
    iana = client.get("/outlook/supportedTimeZones(TimeZoneStandard='Iana')").value
    assert "Europe/Bucharest" in {one["alias"] for one in iana}


def test_mails_and_settings_survive_a_restart(tmp_path: Path) -> None:
    with graph_server(tmp_path) as graph:
        client = Client(graph, graph.add_mailbox("anna@kavala.example"))
        send(client, base64.b64encode(mail()))
        client.send("PATCH", "/mailboxSettings", {"workingHours": {"endTime": "13:00:00"}})
        client.close()
    with graph_server(tmp_path) as graph:
        assert [one.content for one in graph.mail.sent] == [mail()]
        hours = graph.mailbox("anna@kavala.example").working_hours
        assert hours["endTime"] == "13:00:00.0000000"
