"""Local accounts, drafts, secrets, and what staff may see."""

from __future__ import annotations

from datetime import date

import pytest

from booking import catalogue, drafts, joining
from booking.leader import lead
from booking.managing import by_reference, phone_digits_match
from booking.model import NotOffered, WrongState
from booking.office import accounts, importing, secrets, staff_view
from booking.references import ALPHABET, new_reference, normalised
from mapping.model import Channel
from tests.booking.conftest import Office
from tests.booking.town import town


def staff(office: Office, municipality: str = "town") -> accounts.Account:
    return accounts.create(
        office.desk, user=f"maria-{municipality}", password="correct horse", role="staff",
        name="Μαρία", municipality=municipality,
    )  # fmt: skip


def test_the_right_password_opens_and_a_wrong_one_does_not(office: Office) -> None:
    account = staff(office)
    ask = {"user": account.user}
    assert accounts.authenticate(office.desk, password="correct horse", **ask) == account
    assert accounts.authenticate(office.desk, password="wrong", **ask) is None
    assert accounts.authenticate(office.desk, user="nobody", password="correct horse") is None
    assert accounts.get(office.desk, account.user) == account


def test_attempts_are_limited_and_the_pause_ends(office: Office) -> None:
    account = staff(office)
    for _ in range(5):
        assert accounts.authenticate(office.desk, user=account.user, password="wrong") is None
    right = {"user": account.user, "password": "correct horse"}
    assert accounts.authenticate(office.desk, **right) is None
    office.clock.forward(seconds=31)
    assert accounts.authenticate(office.desk, **right) == account
    assert accounts.authenticate(office.desk, user=account.user, password="wrong") is None
    assert accounts.authenticate(office.desk, **right) == account


@pytest.mark.parametrize(
    ("user", "password", "role", "municipality"),
    [
        ("", "long enough", "staff", "town"),
        ("m", "short", "staff", "town"),
        ("m", "long enough", "staff", None),
    ],
)
def test_accounts_that_make_no_sense_are_refused(
    office: Office, user: str, password: str, role: accounts.Role, municipality: str | None
) -> None:
    with pytest.raises(accounts.AccountError):
        accounts.create(
            office.desk, user=user, password=password, role=role, name="", municipality=municipality
        )


def test_staff_see_their_municipality_only(office: Office) -> None:
    booked = office.book(office.free()[0].start).booking
    mine, other = staff(office), staff(office, "elsewhere")
    admin = accounts.create(
        office.desk, user="admin", password="correct horse", role="admin", name="A",
        municipality=None,
    )  # fmt: skip
    seen = staff_view.booking_for_staff(office.desk, reference=booked.reference, account=mine)
    assert seen == booked
    with pytest.raises(NotOffered):
        staff_view.booking_for_staff(office.desk, reference=booked.reference, account=other)
    day = date(2026, 6, 2)
    assert staff_view.day(office.desk, account=mine, date=day) == (booked,)
    assert staff_view.day(office.desk, account=admin, date=day) == (booked,)
    assert staff_view.day(office.desk, account=mine, date=date(2026, 6, 3)) == ()


def test_references_are_forgiving_to_read_and_strict_to_be(office: Office) -> None:
    booked = office.book(office.free()[0].start).booking
    typed = f" {booked.reference.lower().replace('-', ' ')} "
    assert by_reference(office.desk, reference=typed) == booked
    for wrong in ("", "K7M", "K7M-4Q0", "'; --", "K7M-4QXX", "x" * 5000):
        assert normalised(wrong) is None
        with pytest.raises(NotOffered):
            by_reference(office.desk, reference=wrong)
    assert set(new_reference()) <= set(ALPHABET + "-")


def test_three_digits_of_the_phone(office: Office) -> None:
    booked = office.book(office.free()[0].start).booking
    assert phone_digits_match(booked, " 567 ")
    for wrong in ("", "56", "568", "4567", "٥٦٧", "abc"):
        assert not phone_digits_match(booked, wrong)


def test_a_meeting_opens_ten_minutes_before(office: Office) -> None:
    start = office.free()[0].start
    booked = office.book(start, channel=Channel.TELECONFERENCE).booking
    target = joining.join_target(office.desk, booking_id=booked.id)
    assert target.url.startswith("https://meet.example.gr/rantevou-")
    assert len(target.url) > 60
    assert not target.now_open
    office.clock.now = target.opens_at
    assert joining.join_target(office.desk, booking_id=booked.id).now_open
    (event,) = office.memory.events(office.ref(booked.mailbox))
    assert event.meeting_url == target.url
    office.clock.now = target.closes_at
    assert not joining.join_target(office.desk, booking_id=booked.id).now_open


def test_there_is_nothing_to_join_in_person_or_after_cancelling(office: Office) -> None:
    from booking.cancelling import cancel

    slots = office.free()
    in_person = office.book(slots[0].start).booking
    with pytest.raises(NotOffered):
        joining.join_target(office.desk, booking_id=in_person.id)
    online = office.book(slots[2].start, key="2", channel=Channel.TELECONFERENCE).booking
    cancel(office.desk, booking_id=online.id)
    with pytest.raises(WrongState):
        joining.join_target(office.desk, booking_id=online.id)


def test_drafts_live_two_hours_from_their_last_change(office: Office) -> None:
    draft_id = drafts.create(office.desk, values={"a": 1})
    office.clock.forward(minutes=119)
    assert drafts.save(office.desk, draft_id=draft_id, values={"a": 2})
    office.clock.forward(minutes=119)
    assert drafts.load(office.desk, draft_id=draft_id) == {"a": 2}
    office.clock.forward(minutes=1)
    assert drafts.load(office.desk, draft_id=draft_id) is None
    assert not drafts.save(office.desk, draft_id=draft_id, values={})
    drafts.discard(office.desk, draft_id=draft_id)


def test_secrets_are_set_by_name_and_listed_without_values(office: Office) -> None:
    secrets.set_secret(office.desk, name="caldav", value="one")
    secrets.set_secret(office.desk, name="caldav", value="two")
    assert secrets.get(office.desk, name="caldav") == "two"
    assert secrets.names(office.desk) == ("caldav",)
    assert secrets.get(office.desk, name="other") is None


def test_one_leads_at_a_time(office: Office) -> None:
    assert lead(office.desk, name="ticker", owner="a", seconds=15)
    assert not lead(office.desk, name="ticker", owner="b", seconds=15)
    office.clock.forward(seconds=15)
    assert lead(office.desk, name="ticker", owner="b", seconds=15)


def test_an_address_serves_one_municipality(office: Office) -> None:
    with pytest.raises(importing.ImportRefused):
        importing.import_mapping(office.desk, text="x", municipality=town(slug="other"), by="test")
    assert [each.slug for each in catalogue.municipalities(office.desk)] == ["town"]
    with pytest.raises(NotOffered):
        catalogue.municipality(office.desk, "other")
