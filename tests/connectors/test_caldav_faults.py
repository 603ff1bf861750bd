"""What the CalDAV connector makes of servers and networks that fail in the middle of things."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from connectors.caldav.connector import CalDavConnector
from connectors.contract import Connection, MailboxRef
from connectors.deadline import Deadline
from connectors.errors import (
    Conflict,
    ConnectorError,
    MailboxNotFound,
    NotAuthorised,
    Rejected,
    SyncStateExpired,
    TryLater,
    Unsupported,
)
from tests.contract.office import WINDOW, ZONE, Office, at, draft, new_key, soon
from tests.servers.caldav_server import CalDavServer
from tests.servers.dav_proxy import (
    DavProxy,
    Trick,
    answer,
    bad_listener,
    dav_proxy,
    do_and_answer,
    do_and_drop,
    drop,
)


@pytest.mark.parametrize(
    "trick", [do_and_drop, do_and_answer(500), do_and_answer(503), do_and_answer(204)]
)
def test_a_create_whose_answer_is_lost_is_found(
    office: Office, proxy: DavProxy, trick: Trick
) -> None:
    proxy.play("PUT", trick)
    key = new_key()
    assert office.create(at(3, 9), key=key).key == key
    assert office.staff.events() == 1


@pytest.mark.parametrize(("trick", "unknown"), [(drop, True), (answer(502), True)])
def test_a_create_that_did_not_happen_stays_unknown(
    office: Office, proxy: DavProxy, trick: Trick, unknown: bool
) -> None:
    proxy.play("PUT", trick)
    with pytest.raises(TryLater) as caught:
        office.create(at(3, 9))
    assert caught.value.outcome_unknown is unknown
    assert office.staff.events() == 0


def test_an_unknown_outcome_stays_unknown_where_looking_fails_too(
    office: Office, proxy: DavProxy
) -> None:
    proxy.play("PUT", do_and_drop)
    proxy.always("GET", answer(500))
    with pytest.raises(TryLater) as caught:
        office.create(at(3, 9))
    assert caught.value.outcome_unknown


def test_throttling_names_its_time_and_did_nothing(office: Office, proxy: DavProxy) -> None:
    proxy.play("PUT", answer(429, Retry_After="7"))
    with pytest.raises(TryLater) as caught:
        office.create(at(3, 9))
    assert caught.value.retry_after == 7
    assert not caught.value.outcome_unknown


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected),
        (401, NotAuthorised),
        (403, NotAuthorised),
        (413, Rejected),
        (302, MailboxNotFound),
        (501, Unsupported),
    ],
)
def test_refusals_are_told_apart(
    office: Office, proxy: DavProxy, status: int, kind: type[ConnectorError]
) -> None:
    proxy.play("PUT", answer(status, Location="/elsewhere"))
    with pytest.raises(kind):
        office.create(at(3, 9))
    assert office.staff.events() == 0


def test_content_that_the_server_refuses_is_rejected(office: Office, proxy: DavProxy) -> None:
    body = (
        '<?xml version="1.0"?><D:error xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'
        "<C:max-resource-size/></D:error>"
    )
    proxy.play("PUT", answer(403, body, Content_Type="application/xml"))
    with pytest.raises(Rejected, match="max-resource-size"):
        office.create(at(3, 9))


def test_an_event_that_staff_moved_to_another_address_is_found(
    office: Office, real_server: CalDavServer
) -> None:
    key = new_key()
    created = office.create(at(3, 9), key=key)
    url = f"http://{real_server.host}{created.ref.id}"
    target = url.replace(".ics", "-moved.ics")
    real_server.request("MOVE", url, headers={"Destination": target}).raise_for_status()
    found = office.connector.find(mailbox=office.mailbox, key=key, deadline=soon())
    assert found is not None
    assert found.ref.id != created.ref.id
    again = office.create(at(3, 9), key=key)
    assert again.ref.id == found.ref.id
    assert office.staff.events() == 1


def test_a_foreign_event_at_our_address_is_a_conflict(
    office: Office, real_server: CalDavServer
) -> None:
    key = new_key()
    created = office.create(at(3, 9), key=key)
    url = f"http://{real_server.host}{created.ref.id}"
    foreign = real_server.request("GET", url).text.replace("UID:rantevou-", "UID:other-")
    office.staff.remove(created.ref.id)
    real_server.put(url, foreign)
    with pytest.raises(Conflict):
        office.create(at(3, 9), key=key)
    assert "UID:other-" in real_server.request("GET", url).text


def test_a_copy_that_staff_made_is_not_ours(office: Office, real_server: CalDavServer) -> None:
    created = office.create(at(3, 9))
    url = f"http://{real_server.host}{created.ref.id}"
    copy = real_server.request("GET", url).text.replace("UID:rantevou-", "UID:copy-")
    path = real_server.put(url.replace(".ics", "-copy.ics"), copy)
    event = office.connector.get(mailbox=office.mailbox, event_id=path, deadline=soon())
    assert event.key is None
    assert office.busy() == [at(3, 9), at(3, 9)]


def test_an_update_whose_answer_is_lost_is_recognised(office: Office, proxy: DavProxy) -> None:
    created = office.create(at(3, 9))
    proxy.play("PUT", do_and_drop)
    updated = office.connector.update(
        mailbox=office.mailbox, ref=created.ref, draft=draft(at(5, 12)), deadline=soon()
    )
    assert updated.period == at(5, 12)


def test_a_delete_whose_answer_is_lost_is_recognised(office: Office, proxy: DavProxy) -> None:
    created = office.create(at(3, 9))
    proxy.play("DELETE", do_and_drop)
    office.connector.delete(mailbox=office.mailbox, ref=created.ref, deadline=soon())
    assert office.staff.events() == 0


def test_a_delete_that_did_not_happen_is_unknown(office: Office, proxy: DavProxy) -> None:
    created = office.create(at(3, 9))
    proxy.play("DELETE", drop)
    with pytest.raises(TryLater) as caught:
        office.connector.delete(mailbox=office.mailbox, ref=created.ref, deadline=soon())
    assert caught.value.outcome_unknown
    assert office.staff.events() == 1


def test_reading_survives_one_dropped_connection(office: Office, proxy: DavProxy) -> None:
    office.staff.put(at(3, 9))
    proxy.play("PROPFIND", drop)
    assert office.busy() == [at(3, 9)]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "GET", "PROPFIND", "REPORT"])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_leads_to_another_server(
    office: Office, proxy: DavProxy, real_server: CalDavServer, method: str, status: int
) -> None:
    created = office.create(at(3, 9))
    with dav_proxy(real_server) as other:
        proxy.always(method, answer(status, Location=f"{other.server.home}stolen.ics"))
        calls: dict[str, Callable[[], object]] = {
            "PUT": lambda: office.create(at(4, 9)),
            "DELETE": lambda: office.connector.delete(
                mailbox=office.mailbox, ref=created.ref, deadline=soon()
            ),
            "GET": lambda: office.connector.get(
                mailbox=office.mailbox, event_id=created.ref.id, deadline=soon()
            ),
            "PROPFIND": office.changes,
            "REPORT": office.changes,
        }
        with pytest.raises(MailboxNotFound):
            calls[method]()
        assert other.requests == []


def test_a_read_follows_a_redirect_inside_the_server(office: Office, proxy: DavProxy) -> None:
    created = office.create(at(3, 9))
    proxy.play("GET", answer(302, Location=created.ref.id))
    read = office.connector.get(mailbox=office.mailbox, event_id=created.ref.id, deadline=soon())
    assert read.period == at(3, 9)


@pytest.mark.parametrize("drip", [False, True])
def test_the_deadline_holds_against_silence_and_single_bytes(drip: bool) -> None:
    with bad_listener(drip=drip) as port:
        connection = Connection("caldav", f"http://127.0.0.1:{port}/", "u", "p")
        connector = CalDavConnector(connection, office_zone=ZONE)
        mailbox = MailboxRef("a@example.gr", "c/")
        began = time.monotonic()
        with pytest.raises(TryLater):
            connector.changes(
                mailbox=mailbox,
                sync_state=None,
                known={},
                window=WINDOW,
                deadline=Deadline.after(1),
            )
        with pytest.raises(TryLater) as caught:
            connector.create(
                mailbox=mailbox,
                draft=draft(at(3, 9)),
                key=new_key(),
                deadline=Deadline.after(1),
            )
        assert time.monotonic() - began < 20  # a busy machine; without end otherwise
        assert caught.value.outcome_unknown


def test_a_refused_connection_did_nothing() -> None:
    connection = Connection("caldav", "http://127.0.0.1:9/", "u", "p")
    connector = CalDavConnector(connection, office_zone=ZONE)
    with pytest.raises(TryLater) as caught:
        connector.create(
            mailbox=MailboxRef("a@example.gr", "c/"),
            draft=draft(at(3, 9)),
            key=new_key(),
            deadline=soon(),
        )
    assert not caught.value.outcome_unknown


def test_an_expired_state_is_said_so(office: Office, proxy: DavProxy) -> None:
    state = office.changes().sync_state
    for status in (403, 409, 410, 412, 507):
        body = '<?xml version="1.0"?><D:error xmlns:D="DAV:"><D:valid-sync-token/></D:error>'
        proxy.play("REPORT", answer(status, body, Content_Type="application/xml"))
        with pytest.raises(SyncStateExpired):
            office.changes(state)


def test_a_quick_request_that_fails_is_told_the_ordinary_way(
    office: Office, proxy: DavProxy
) -> None:
    state = office.changes(None).sync_state
    state = office.changes(state).sync_state
    proxy.play("REPORT", drop)
    assert office.changes(state).changed == ()
    proxy.play("REPORT", answer(401))
    with pytest.raises(NotAuthorised):
        office.changes(state)
    proxy.play("REPORT", *[drop] * 4)
    with pytest.raises(TryLater):
        office.changes(state)
    proxy._tricks.clear()
    assert office.changes(state).changed == ()
