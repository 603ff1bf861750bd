"""A small town for the tests: one service, two channels, a pool of mailboxes."""

from __future__ import annotations

from datetime import date, time

from mapping.model import (
    CalendarConnection,
    Channel,
    Consent,
    ConsentKind,
    Contact,
    Declaration,
    DeclarationAnswer,
    LocalText,
    Mailbox,
    Municipality,
    Opening,
    Question,
    QuestionKind,
    Service,
    ServiceChannel,
    ServiceGroup,
    StaffMember,
    Weekday,
)

WORKDAYS = (
    Weekday.MONDAY,
    Weekday.TUESDAY,
    Weekday.WEDNESDAY,
    Weekday.THURSDAY,
    Weekday.FRIDAY,
)
SERVICE = "town.papers"


def address(number: int) -> str:
    return f"desk{number}@town.example"


def town(
    *,
    mailboxes: int = 1,
    duration: int = 30,
    step: int = 40,
    before: int = 5,
    after: int = 5,
    notice: int = 60,
    horizon: int = 30,
    opening: tuple[Opening, ...] | None = None,
    slug: str = "town",
) -> Municipality:
    """Open on working days from 9 to 13; slots of half an hour every 40 minutes."""
    numbers = range(1, mailboxes + 1)
    addresses = tuple(address(number) for number in numbers)
    declaration = Declaration(
        key="resident",
        version="1",
        question=LocalText("Είστε κάτοικος;"),
        answers=(
            DeclarationAnswer("yes", LocalText("Ναι")),
            DeclarationAnswer("no", LocalText("Όχι"), bookable=False, outcome=LocalText("ΚΕΠ")),
        ),
    )
    service = Service(
        key="papers",
        group="desk",
        title=LocalText("Πιστοποιητικά", "Certificates"),
        duration_minutes=duration,
        step_minutes=step,
        buffer_before_minutes=before,
        buffer_after_minutes=after,
        minimum_notice_minutes=notice,
        horizon_days=horizon,
        consent="privacy",
        declarations=("resident",),
        questions=(
            Question("afm", QuestionKind.AFM, LocalText("ΑΦΜ")),
            Question("subject", QuestionKind.SUBJECT, LocalText("Θέμα"), required=True),
        ),
        channels=(
            ServiceChannel(Channel.IN_PERSON, addresses, LocalText("Φυσική παρουσία")),
            ServiceChannel(Channel.TELECONFERENCE, addresses, LocalText("Τηλεδιάσκεψη")),
        ),
    )
    return Municipality(
        slug=slug,
        name=LocalText("Δήμος Πόλης", "Town"),
        list_name=LocalText("ΔΗΜΟΣ ΠΟΛΗΣ"),
        genitive=LocalText("ΠΟΛΗΣ"),
        contact=Contact(office=LocalText("Γραφείο"), email="info@town.example"),
        groups=(ServiceGroup("desk", LocalText("Γραφείο")),),
        services=(service,),
        consents=(Consent("privacy", "1", ConsentKind.CONSENT, LocalText("Συμφωνώ")),),
        connections=(
            CalendarConnection(
                "calendars",
                "memory",
                url="memory://calendars",
                meeting_link="https://meet.example.gr/{room}",
            ),
        ),
        staff=tuple(StaffMember(f"staff{number}", f"Υπάλληλος {number}") for number in numbers),
        mailboxes=tuple(
            Mailbox(address(number), f"staff{number}", "calendars", f"calendar-{number}")
            for number in numbers
        ),
        opening_hours=opening
        if opening is not None
        else tuple(Opening(day, time(9), time(13)) for day in WORKDAYS),
        declarations=(declaration,),
    )


#: The day after the tests' Monday.
TUESDAY = date(2026, 6, 2)
