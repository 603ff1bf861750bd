"""Reading from servers that give wrong, partial or no tags: fewer tags, never fewer busy times."""

from __future__ import annotations

import pytest

from connectors.contract import MailboxRef
from connectors.errors import (
    ConnectorError,
    MailboxNotFound,
    NotAuthorised,
    TryLater,
    Unsupported,
)
from tests.contract.office import WINDOW, Office, at, calendar_text, draft, soon
from tests.servers.caldav_server import CalDavServer
from tests.servers.dav_proxy import DavProxy, Reply, answer, edit


def _without_etags(reply: Reply) -> Reply:
    return reply.without("etag").edited("getetag", "nothing")


def _weak_etags(reply: Reply) -> Reply:
    headers = {
        name: f"W/{value}" if name.lower() == "etag" else value
        for name, value in reply.headers.items()
    }
    return Reply(reply.status, headers, reply.body).edited("<getetag>", "<getetag>W/")


def test_without_etags_content_is_compared(office: Office, proxy: DavProxy) -> None:
    for method in ("PROPFIND", "REPORT", "GET", "PUT"):
        proxy.always(method, edit(_without_etags))
    same = office.staff.put(at(3, 9))
    other = office.staff.put(at(3, 10))
    first = office.changes()
    assert {item.id for item in first.changed} == {same, other}
    office.staff.move(other, at(3, 13))
    second = office.changes(None, {item.id: item.etag for item in first.changed})
    assert [item.id for item in second.changed] == [other]


@pytest.mark.parametrize("change", [_without_etags, _weak_etags])
def test_without_strong_etags_nothing_is_changed_or_deleted(
    office: Office, proxy: DavProxy, change: object
) -> None:
    for method in ("PROPFIND", "REPORT", "GET", "PUT"):
        proxy.always(method, edit(change))  # type: ignore[arg-type]
    created = office.create(at(3, 9))
    with pytest.raises(Unsupported):
        office.connector.update(
            mailbox=office.mailbox, ref=created.ref, draft=draft(at(5, 12)), deadline=soon()
        )
    with pytest.raises(Unsupported):
        office.connector.delete(mailbox=office.mailbox, ref=created.ref, deadline=soon())
    assert office.busy() == [at(3, 9)]


def test_a_server_that_takes_any_token_is_read_by_ctag(office: Office, proxy: DavProxy) -> None:
    empty = '<D:multistatus xmlns:D="DAV:"><D:sync-token>1</D:sync-token></D:multistatus>'
    proxy.always("REPORT", answer(207, empty, Content_Type="application/xml"))
    first = office.changes()
    assert first.sync_state.token.startswith("ctag:")
    assert office.changes(first.sync_state).listing is None
    foreign = office.staff.put(at(3, 9))
    second = office.changes(first.sync_state)
    assert second.listing == frozenset({foreign})
    assert [one.period for item in second.changed for one in item.intervals] == [at(3, 9)]


def test_without_any_tag_of_the_collection_everything_is_compared(
    office: Office, proxy: DavProxy
) -> None:
    proxy.always(
        "PROPFIND", edit(lambda reply: reply.edited("sync-token", "x").edited("getctag", "y"))
    )
    first = office.changes()
    assert first.sync_state.token == ""
    foreign = office.staff.put(at(3, 9))
    assert office.changes(first.sync_state).listing == frozenset({foreign})


def test_pages_of_a_truncated_sync_are_all_read(office: Office, proxy: DavProxy) -> None:
    first = office.changes()
    one, two = office.staff.put(at(3, 9)), office.staff.put(at(3, 10))
    page = (
        '<?xml version="1.0"?><D:multistatus xmlns:D="DAV:">'
        f"<D:response><D:href>{one}</D:href><D:propstat><D:prop><D:getetag>&quot;1&quot;"
        "</D:getetag></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
        f"<D:response><D:href>{one.rpartition('/')[0]}/</D:href>"
        "<D:status>HTTP/1.1 507 Insufficient Storage</D:status></D:response>"
        f"<D:sync-token>{first.sync_state.token.removeprefix('sync:')}x</D:sync-token>"
        "</D:multistatus>"
    )
    old = first.sync_state.token.removeprefix("sync:")

    def second_page(reply: Reply) -> Reply:
        return reply

    proxy.play("REPORT", answer(207, page, Content_Type="application/xml"))
    rest = (
        page.replace(one, two)
        .replace(f"{old}x</D:sync-token>", "end</D:sync-token>")
        .replace("507 Insufficient Storage", "200 OK")
    )
    proxy.play("REPORT", answer(207, rest, Content_Type="application/xml"), edit(second_page))
    second = office.changes(first.sync_state)
    assert {item.id for item in second.changed} == {one, two}
    assert second.sync_state.token == "sync:end"


@pytest.mark.parametrize(
    ("trick", "kind"),
    [
        (answer(200, "<html>login</html>", Content_Type="text/html"), ConnectorError),
        (answer(207, "<html>login</html>", Content_Type="text/html"), TryLater),
        (answer(207, "", Content_Type="application/xml"), TryLater),
        (answer(401), NotAuthorised),
        (answer(403), NotAuthorised),
        (answer(404), MailboxNotFound),
        (answer(500), TryLater),
        (answer(501), Unsupported),
    ],
)
def test_no_error_ever_reads_as_an_empty_calendar(
    office: Office, proxy: DavProxy, trick: object, kind: type[ConnectorError]
) -> None:
    office.staff.put(at(3, 9))
    proxy.always("PROPFIND", trick)  # type: ignore[arg-type]
    proxy.always("REPORT", trick)  # type: ignore[arg-type]
    with pytest.raises(kind):
        office.changes()
    answered = office.connector.read_busy(
        mailboxes=[office.mailbox], window=WINDOW, deadline=soon()
    )
    assert isinstance(answered[office.mailbox], kind)


def test_a_member_that_is_hidden_is_an_error(office: Office, proxy: DavProxy) -> None:
    office.staff.put(at(3, 9))
    office.staff.put(at(3, 10))

    def hide(reply: Reply) -> Reply:
        head, _, tail = reply.body.rpartition(b"HTTP/1.1 200 OK")
        return Reply(reply.status, reply.headers, head + b"HTTP/1.1 403 Forbidden" + tail)

    proxy.play("PROPFIND", edit(lambda reply: reply), edit(hide))
    with pytest.raises(TryLater):
        office.changes()


def test_addresses_on_another_server_are_refused(office: Office, proxy: DavProxy) -> None:
    office.staff.put(at(3, 9))
    proxy.always(
        "PROPFIND",
        edit(lambda reply: reply.edited("<href>/", "<href>https://attacker.example/")),
    )
    with pytest.raises(TryLater):
        office.changes()


def test_entity_bombs_are_refused(office: Office, proxy: DavProxy) -> None:
    layers = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    bomb = (
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "ha">{layers}'
        '<!ENTITY f SYSTEM "file:///etc/hostname">]>'
        '<D:multistatus xmlns:D="DAV:"><D:response><D:href>&e11;&f;</D:href></D:response>'
        "</D:multistatus>"
    )
    proxy.always("PROPFIND", answer(207, bomb, Content_Type="application/xml"))
    with pytest.raises(TryLater):
        office.changes()


def test_a_home_is_no_calendar(office: Office) -> None:
    with pytest.raises(MailboxNotFound):
        office.connector.changes(
            mailbox=MailboxRef("a@example.gr", ""),
            sync_state=None,
            known={},
            window=WINDOW,
            deadline=soon(),
        )


def test_one_resource_that_is_not_understood_does_not_hide_the_others(
    office: Office, real_server: CalDavServer, proxy: DavProxy
) -> None:
    good = office.staff.put(at(3, 9))
    bad = office.staff.put(at(3, 10))
    bomb = calendar_text("bomb", ["DTSTART:20200101T000000Z", "RRULE:FREQ=SECONDLY"])
    broken = bomb.replace("\r\n", "&#13;\n")

    def spoil(reply: Reply) -> Reply:
        text = reply.body.decode()
        start = text.index("BEGIN:VCALENDAR", text.index(bad))
        end = text.index("END:VCALENDAR", start) + len("END:VCALENDAR")
        return Reply(reply.status, reply.headers, (text[:start] + broken + text[end:]).encode())

    proxy.play("REPORT", edit(spoil))
    found = {item.id: item for item in office.changes().changed}
    assert found[good].understood
    assert [one.period for one in found[good].intervals] == [at(3, 9)]
    assert not found[bad].understood


def test_a_wrong_password_is_refused_with_its_remedy(real_server: CalDavServer) -> None:
    from connectors.caldav.connector import CalDavConnector
    from connectors.contract import Connection
    from tests.contract.office import ZONE

    connection = Connection("caldav", real_server.home, real_server.user, "wrong")
    connector = CalDavConnector(connection, office_zone=ZONE)
    report = connector.check(mailbox=MailboxRef("a@example.gr", "c/"), deadline=soon())
    failed = [finding for finding in report.findings if not finding.ok]
    assert [finding.name for finding in failed] == ["readable"]
    assert "rantevou secret set" in failed[0].remedy
    assert "wrong" not in repr(report)
    assert "wrong" not in repr(connection)
