"""Pages, API, mail, calendar file and event of one appointment, on the nights of change."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from booking import managing
from booking.outbox import drain
from booking.words import dates
from booking_web.app import create_app
from booking_web.citizen.hours import zones
from connectors.contract import Period
from connectors.deadline import Deadline
from tests.booking.conftest import Post
from tests.booking_web.citizen.visitor import MARIA, Visitor
from tests.booking_web.desk import House
from tests.time.clocks import AUTUMNS, SPRINGS, ahead, instants_of, read_back, understood, wall
from tests.time.test_mails import in_file, row

KAVALA = "/d/kavala/mayor-office-appointment/teleconference"
NEW_YORK = ZoneInfo("America/New_York")


def at(night: House, change: datetime) -> Visitor:
    """A visitor, the day before the change of the clocks."""
    night.clock.at = change - timedelta(days=1)
    night.read_calendars()
    return Visitor(create_app(night.desk))


def offered(visitor: Visitor, change: datetime) -> dict[str, str]:
    """What stands beside each value to choose."""
    day = change.date().isoformat()
    visitor.get(f"{KAVALA}/slot?imera={day}&zoni={NEW_YORK.key}")
    found = {}
    for tile in visitor.html.cssselect("#ores .rv-slot"):
        (value,) = tile.cssselect("input")
        found[value.get("value")] = " ".join(tile.text_content().replace("\u00a0", " ").split())
    return found


@pytest.mark.parametrize("change", [SPRINGS[3], AUTUMNS[3]], ids=["spring", "autumn"])
def test_every_page_says_the_same_moment(night: House, change: datetime) -> None:
    visitor = at(night, change)
    tiles = offered(visitor, change)
    starts = [datetime.fromisoformat(each) for each in tiles]
    # From 02:30 to 05:00 by the clock, every half hour.
    assert len(tiles) == len(set(tiles.values())) == (7 if change in AUTUMNS else 3)
    title = dates.day(change.date(), language="el")
    for start, words in zip(starts, tiles.values(), strict=True):
        clock, _, beside = words.rpartition(" (")
        assert read_back(understood(f"{title}, {clock}", year=start.year)) == start
        assert dates.clock(start, zone=NEW_YORK, language="el").replace("\u00a0", " ") in beside
    # No offset is claimed for a day on which two hold.
    (note,) = re.findall(r"Όλες οι ώρες είναι σε ([^.]*)\.", visitor.text)
    assert note == "ώρα Ελλάδας"
    chosen = starts[-4] if change in AUTUMNS else starts[-1]
    visitor.press("Συνέχεια", ora=f"{chosen:%Y-%m-%dT%H:%MZ}")
    details = {**MARIA, "q-subject": "Βεβαίωση", "synainesi": "1"}
    visitor.press("Συνέχεια", **details)
    assert_says(visitor, chosen)
    visitor.press("Κράτηση")
    reference = visitor.reference
    for page in ("", "/confirmation", "/join", "/cancel", "/reschedule", "/print"):
        visitor.get(f"/booking/{reference}{page}")
        assert visitor.status == 200, page
        assert_says(visitor, chosen)
    raw = visitor.client.get(f"/booking/{reference}/calendar.ics").data
    assert in_file(raw) == {(chosen, chosen + timedelta(minutes=10))}
    everywhere_else(night, visitor, reference, chosen)


def assert_says(visitor: Visitor, start: datetime) -> None:
    """The page has the day, and the time, with its offset where it comes twice."""
    athens = ZoneInfo("Europe/Athens")
    period = Period(start, start + timedelta(minutes=10))
    clock = dates.clock(start, zone=athens, language="el")
    either = (clock, dates.clock_range(period, zone=athens, language="el"))
    assert dates.day(wall(start).date(), language="el").replace("\u00a0", " ") in visitor.text
    assert any(each.replace("\u00a0", " ") in visitor.text for each in either)
    assert ("(UTC+" in clock) == (len(instants_of(wall(start))) == 2)


def everywhere_else(night: House, visitor: Visitor, reference: str, start: datetime) -> None:
    """Calendar event, mail and API."""
    view = managing.by_reference(night.desk, reference=reference)
    assert view.period.start == start
    written = [
        event.period for mailbox in night.mailboxes() for event in night.memory.events(mailbox)
        if event.reference == reference
    ]  # fmt: skip
    assert written == [view.period]
    post = Post()
    drain(night.desk, mailer=post, limit=20, deadline=Deadline.after(20))
    (mail,) = post.sent
    said = understood(row(mail, "Πότε"), year=start.year)
    assert read_back(said) == start
    assert said.zone == f"+{ahead(start) // timedelta(hours=1)}"
    token = managing.token_for(night.desk, booking_id=view.id)
    answer = visitor.client.get(
        f"/api/v1/bookings/{reference}", headers={"Authorization": f"Bearer {token}"}
    )
    told = datetime.fromisoformat(answer.get_json()["starts_at"])
    assert told == start
    assert told.utcoffset() == ahead(start)
    # Its door opens ten minutes before, by the same clock.
    night.clock.at = start - timedelta(minutes=11)
    visitor.get(f"/booking/{reference}/join")
    opens = understood(visitor.text.partition("ανοίγει ")[2][:60], year=start.year)
    assert read_back(opens) == start - timedelta(minutes=10)
    night.clock.at = start - timedelta(minutes=10)
    visitor.get(f"/booking/{reference}/join").press("Συνέχεια στη συνάντηση", katagrafi="1")
    assert visitor.html.cssselect("main a[href$='/join/now']")


def test_the_api_offers_both_hours_with_their_offsets(night: House) -> None:
    change = AUTUMNS[3]
    visitor = at(night, change)
    day = change.date().isoformat()
    answer = visitor.client.get(
        "/api/v1/services/kavala.mayor-office-appointment/availability",
        query_string={"channel": "teleconference", "from": day, "to": day},
    ).get_json()
    told = [each["starts_at"] for each in answer["slots"]]
    assert answer["time_zone"] == "Europe/Athens"
    assert [each[11:] for each in told if "T03:30" in each] == ["03:30:00+03:00", "03:30:00+02:00"]
    moments = [datetime.fromisoformat(each) for each in told]
    assert all(each.utcoffset() == ahead(each) for each in moments)
    assert moments == sorted(set(moments))


@pytest.mark.parametrize("zone", zones.OFFERED)
def test_a_visitor_s_time_is_the_same_moment(zone: str) -> None:
    """In every zone that the page offers, around every change here and there."""
    there, home = ZoneInfo(zone), ZoneInfo("Europe/Athens")
    app = Flask(__name__)
    app.secret_key = "x"
    with app.test_request_context("/"):
        for change in (*SPRINGS, *AUTUMNS):
            for days in (-14, 0, 1):
                moment = change + timedelta(days=days, hours=6)
                words = zones.beside(moment, home=home, visitor=there).replace("\u00a0", " ")
                expected = moment.astimezone(there)
                half = "μ.μ." if expected.hour >= 12 else "π.μ."
                assert f"{expected.hour % 12 or 12}:{expected:%M} {half}" in words
                assert ("," in words) == (expected.date() != moment.astimezone(home).date())
                assert moment.tzinfo is UTC
