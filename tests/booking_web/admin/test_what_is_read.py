"""The page of a mailbox says whose calendar is read, on which server, and when it last was."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import lxml.html

from booking_web.app import create_app
from connectors.contract import Period
from tests.booking_web.desk import house
from tests.booking_web.pages import sign_in

ADDRESS = "pronoia1@kalamata.example"


def test_whose_calendar_is_read_where_and_when(tmp_path: Path) -> None:
    home = house(tmp_path)
    client = create_app(home.desk).test_client()
    sign_in(client, "admin", area="/admin/")
    mailbox = home.mailbox_id(ADDRESS)
    page = f"/admin/mailboxes/{mailbox}?lang=en"
    before = client.get(page).text
    for told in (ADDRESS, "127.0.0.1:5232", "Last read", "9:00"):
        assert told in before, told
    home.clock.forward(minutes=7)
    assert "9:07" not in client.get(page).text
    home.read_calendars()
    assert "9:07" in client.get(page).text


def test_which_calendar_it_is_and_the_newest_that_was_seen_in_it(tmp_path: Path) -> None:
    """Leave that stands in another calendar shows here: the count and the time do not move."""
    home = house(tmp_path)
    client = create_app(home.desk).test_client()
    sign_in(client, "admin", area="/admin/")
    page = f"/admin/mailboxes/{home.mailbox_id(ADDRESS)}?lang=en"
    assert "pronoia1@kalamata.example/rantevou/" in client.get(page).text
    assert facts(client.get(page).text)["Entries that were read"] == "0"
    home.clock.forward(minutes=7)
    ref = next(each for each in home.mailboxes() if each.address == ADDRESS)
    start = home.clock.at + timedelta(days=1)
    home.memory.put_foreign(ref, Period(start, start + timedelta(hours=1)))
    home.read_calendars()
    after = facts(client.get(page).text)
    assert after["Entries that were read"] == "1"
    assert "9:07" in after["Last change that we saw"]
    home.clock.forward(minutes=3)
    home.read_calendars()
    again = facts(client.get(page).text)
    assert "9:07" in again["Last change that we saw"]
    assert "9:10" in again["Last read"]


def facts(page: str) -> dict[str, str]:
    """The summary list of a page: what it says of each thing."""
    tree = lxml.html.fromstring(page)
    names = [" ".join(each.text_content().split()) for each in tree.cssselect("dl dt")]
    values = [" ".join(each.text_content().split()) for each in tree.cssselect("dl dd")]
    return dict(zip(names, values, strict=False))
