"""The page of a mailbox says whose calendar is read, on which server, and when it last was."""

from __future__ import annotations

from pathlib import Path

from booking_web.app import create_app
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
