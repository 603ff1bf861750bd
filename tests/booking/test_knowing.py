"""What only the citizen knows opens a booking; who guesses is stopped, and learns nothing."""

from __future__ import annotations

import threading
from datetime import datetime

import pytest

from booking import housekeeping, knowing
from booking.managing import LINK_LIFE
from booking.model import BookingView, NotOffered, TooManyTries
from booking.references import readings
from tests.booking.conftest import Office


def booked(office: Office, start: datetime | None = None) -> BookingView:
    return office.book(start or office.free()[0].start).booking


def found(office: Office, reference: str, known: str, network: str | None = None) -> str:
    """The reference that was found; "" where none was."""
    try:
        view = knowing.find(office.desk, reference=reference, known=known, network=network)
    except NotOffered:
        return ""
    return view.reference


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("k7m4qx", "K7M-4QX"),
        (" K7M – 4QX. ", "K7M-4QX"),
        ("Κ7Μ-4QΧ", "K7M-4QX"),  # Greek capitals that look alike
        ("κ7μ4;χ", "K7M-4QX"),  # typed with the Greek keyboard on
        ("Ｋ７Ｍ４ＱＸ", "K7M-4QX"),
        ("ς2ψ-3δφ", "W2C-3DF"),
    ],
)
def test_a_reference_typed_sloppily_is_understood(typed: str, meant: str) -> None:
    assert readings(typed) == (meant,)


def test_a_greek_rho_may_be_either_letter_and_nonsense_is_none() -> None:
    assert readings("ρ23-456") == ("P23-456", "R23-456")
    for nonsense in ("", "K7M", "K7M-4QXX", "0OO-111", "к7м4qx", "x" * 5000, "'; --"):
        assert readings(nonsense) == ()


def test_mail_address_or_phone_open_it_as_people_write_them(office: Office) -> None:
    view = booked(office)
    email, phone = view.citizen.email, view.citizen.phone
    assert phone.startswith("+3069")
    sloppy = view.reference.lower().replace("-", " ")
    for known in (email, f" {email.upper()} ", phone, phone[3:], f"00{phone[1:]}", phone[-4:]):
        assert found(office, sloppy, known) == view.reference, known
    spaced = f"{phone[3:6]} {phone[6:9]} {phone[9:]}"
    assert found(office, view.reference, spaced) == view.reference


def test_what_is_not_known_opens_nothing(office: Office) -> None:
    view = booked(office)
    for known in ("", " ", phone_tail(view, 3), "+", "@", "0000", "other@example.gr", "٠٠٠٠"):
        office.clock.forward(hours=25)
        assert found(office, view.reference, known) == ""


def phone_tail(view: BookingView, digits: int) -> str:
    return view.citizen.phone[-digits:]


def test_after_five_wrong_guesses_in_an_hour_the_right_one_waits(office: Office) -> None:
    view = booked(office)
    for guess in range(5):
        assert found(office, view.reference, f"000{guess}") == ""
    with pytest.raises(TooManyTries):
        found(office, view.reference, view.citizen.email)
    office.clock.forward(minutes=59)
    with pytest.raises(TooManyTries):
        found(office, view.reference, view.citizen.email)
    office.clock.forward(minutes=2)
    assert found(office, view.reference, view.citizen.email) == view.reference


def test_a_patient_guesser_has_fifteen_guesses_a_day(office: Office) -> None:
    view = booked(office)
    for guess in range(15):
        office.clock.forward(minutes=61 if guess % 5 == 0 else 0)
        assert found(office, view.reference, f"00{guess:02}") == ""
    office.clock.forward(hours=2)
    with pytest.raises(TooManyTries):
        found(office, view.reference, "0099")


def test_a_reference_that_does_not_exist_is_answered_alike(office: Office) -> None:
    view = booked(office)
    unknown = "AAA-AAA" if view.reference != "AAA-AAA" else "BBB-BBB"

    def answers(reference: str) -> list[str]:
        told = []
        for guess in range(7):
            try:
                knowing.find(office.desk, reference=reference, known=f"000{guess}", network=None)
            except (NotOffered, TooManyTries) as refused:
                told.append(f"{type(refused).__name__}: {refused}")
        return told

    assert answers(view.reference) == answers(unknown)


def test_one_network_cannot_try_many_references(office: Office) -> None:
    view = booked(office)
    letters = "23456789ABCDEFGHJKMNPQRSTWXYZA"
    for each in letters:
        assert found(office, f"22{each}-999", "0000", network="192.0.2.7") == ""
    with pytest.raises(TooManyTries):
        found(office, view.reference, view.citizen.email, network="192.0.2.7")
    assert found(office, view.reference, view.citizen.email, network="192.0.2.8")


def test_who_knows_it_may_come_as_often_as_they_like(office: Office) -> None:
    view = booked(office)
    for _ in range(8):
        assert found(office, view.reference, view.citizen.email, network="192.0.2.7")
        assert knowing.digits_right(office.desk, booking=view, typed=phone_tail(view, 3))


def test_some_time_after_the_appointment_nothing_is_found(office: Office) -> None:
    view = booked(office)
    office.clock.now = view.period.end + LINK_LIFE
    assert found(office, view.reference, view.citizen.email) == ""


def test_three_digits_are_tried_five_times_an_hour_and_nonsense_does_not_count(
    office: Office,
) -> None:
    view = booked(office)
    right = phone_tail(view, 3)

    def tried(typed: str) -> bool:
        return knowing.digits_right(office.desk, booking=view, typed=typed)

    for nonsense in ("", "1", "abc", "12345", "٥٦٧") * 3:
        assert not tried(nonsense)
    for wrong in range(5):
        assert not tried(f"00{wrong}")
    for typed in ("009", right):
        with pytest.raises(TooManyTries):
            tried(typed)
    office.clock.forward(minutes=61)
    assert tried(f" {right} ")


def test_guesses_at_the_same_moment_are_counted_one_by_one(office: Office) -> None:
    view = booked(office)
    outcomes: list[str] = []

    def guess(digits: str) -> None:
        try:
            outcomes.append(str(knowing.digits_right(office.desk, booking=view, typed=digits)))
        except TooManyTries:
            outcomes.append("refused")

    threads = [threading.Thread(target=guess, args=(f"0{each:02}",)) for each in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["False"] * 5 + ["refused"] * 7


def test_what_was_tried_is_forgotten(office: Office) -> None:
    view = booked(office)
    found(office, view.reference, "0000", network="192.0.2.7")

    def kept() -> list[str]:
        with office.desk.store.read() as uow:
            return sorted(uow.attempts.names())

    assert len(kept()) == 3
    assert not any("192.0.2" in each for each in kept())
    office.clock.forward(hours=25)
    housekeeping.tend(office.desk)
    assert kept() == []
