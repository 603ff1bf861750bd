"""Servers with a wrong clock, tags that never stay the same, and filters that cannot be trusted."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime

import pytest

from tests.contract.office import Office, at, soon
from tests.servers.dav_proxy import DavProxy, Reply, edit


def test_no_filter_of_the_server_decides_what_is_busy(office: Office, proxy: DavProxy) -> None:
    """Members are listed and fetched by address; what lies in a window is worked out here."""
    office.staff.put_all_day(date(2026, 11, 3), 1)
    office.staff.put(at(4, 9))
    found = office.changes()
    assert len(found.changed) == 2
    office.staff.put(at(5, 9))
    office.changes(found.sync_state, {each.id: each.etag for each in found.changed})
    office.changes(None)
    asked = b"\n".join(proxy.bodies)
    assert b"sync-collection" in asked
    assert b"calendar-multiget" in asked
    assert b"time-range" not in asked


def test_tags_that_change_with_every_look_cost_readings_and_hide_nothing(
    office: Office, proxy: DavProxy
) -> None:
    count = itertools.count(1)

    def flap(reply: Reply) -> Reply:
        tag = re.compile(rb"(<[\w:]*getetag>)[^<]*")
        body = tag.sub(lambda found: found[1] + b'"flap-%d"' % next(count), reply.body)
        return Reply(reply.status, reply.headers, body)

    for method in ("PROPFIND", "REPORT"):
        proxy.always(method, edit(flap))
    first = office.staff.put(at(3, 9))
    found = office.changes()
    assert [each.id for each in found.changed] == [first]
    office.staff.move(first, at(3, 13))
    second = office.staff.put(at(4, 9))
    again = office.changes(found.sync_state, {each.id: each.etag for each in found.changed})
    assert {each.id for each in again.changed} == {first, second}
    periods = sorted(one.period for each in again.changed for one in each.intervals)
    assert periods == [at(3, 13), at(4, 9)]
    assert office.busy() == [at(3, 13), at(4, 9)]


@pytest.mark.parametrize(("minutes", "fine"), [(0, True), (15, False), (-15, False)])
def test_a_check_tells_that_clocks_differ(
    office: Office, proxy: DavProxy, minutes: int, fine: bool
) -> None:
    def other_clock(reply: Reply) -> Reply:
        told = format_datetime(datetime.now(UTC) + timedelta(minutes=minutes), usegmt=True)
        return Reply(reply.status, {**reply.without("date").headers, "Date": told}, reply.body)

    proxy.always("OPTIONS", edit(other_clock))
    report = office.connector.check(mailbox=office.mailbox, deadline=soon())
    (clock,) = [each for each in report.findings if each.name == "clock"]
    assert clock.ok is fine
    assert fine or "NTP" in clock.remedy
