"""The mail as it travels: structure, headers, calendar part, and what hostile input does to it."""

from __future__ import annotations

import email
import re
from dataclasses import replace
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from icalendar import Calendar

from booking.messages import MessageKind, as_email
from booking.messages.plain import address, line, person
from mapping.model import Channel, Contact, LocalText
from tests.messages.sample import BEFORE, MUNICIPALITY, PERIOD, STAMP, START, mail

LONG_GREEK = "Παπαδημητρακοπούλου-Χατζηγεωργιάδου " * 3 + "Μαρία"


def travelled(*arguments: object, **changes: object) -> EmailMessage:
    """A mail written to bytes and read again."""
    sent = as_email(mail(*arguments, **changes))  # type: ignore[arg-type]
    return email.message_from_bytes(sent.as_bytes(), policy=policy.default)


def header(message: EmailMessage, name: str) -> str:
    raw = next(value for key, value in message.raw_items() if key == name)
    return str(make_header(decode_header(re.sub(r"\r?\n(?=[ \t])", "", raw))))


def calendars(message: EmailMessage) -> list[bytes]:
    return [
        bytes(part.get_payload(decode=True))
        for part in message.walk()
        if part.get_content_type() in {"text/calendar", "application/ics"}
    ]


def test_the_structure_is_the_one_mail_programs_apply() -> None:
    message = travelled()
    assert message.get_content_type() == "multipart/mixed"
    alternative, attachment = message.iter_parts()
    assert alternative.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in alternative.iter_parts()] == [
        "text/plain",
        "text/html",
        "text/calendar",
    ]
    assert attachment.get_filename() == "rantevou.ics"
    assert attachment.get_content_disposition() == "attachment"


@pytest.mark.parametrize(
    ("kind", "method", "status"),
    [
        (MessageKind.CONFIRMATION, "REQUEST", "CONFIRMED"),
        (MessageKind.CHANGED, "REQUEST", "CONFIRMED"),
        (MessageKind.CANCEL_UNDONE, "REQUEST", "CONFIRMED"),
        (MessageKind.CANCELLED, "CANCEL", "CANCELLED"),
    ],
)
def test_the_method_is_the_same_outside_and_inside(
    kind: MessageKind, method: str, status: str
) -> None:
    message = travelled(kind, sequence=4)
    part = next(p for p in message.walk() if p.get_content_type() == "text/calendar")
    assert part.get_param("method") == method
    assert part.get_content_charset() == "utf-8"
    inside, attached = calendars(message)
    assert inside == attached
    calendar = Calendar.from_ical(inside)
    assert calendar["METHOD"] == method
    event = calendar.walk("VEVENT")[0]
    assert event["STATUS"] == status
    assert event["SEQUENCE"] == 4
    assert event["DTSTART"].dt == START
    assert event["DTEND"].dt == PERIOD.end
    assert event["DTSTAMP"].dt == STAMP
    assert event["UID"] == "b7f3@rantevou.example.gr"


def test_an_apology_has_no_calendar_file() -> None:
    message = travelled(MessageKind.RELEASED, alternatives=(BEFORE,))
    assert message.get_content_type() == "multipart/alternative"
    assert calendars(message) == []


def test_organiser_is_the_sender_and_attendee_the_recipient() -> None:
    message = travelled()
    event = Calendar.from_ical(calendars(message)[0]).walk("VEVENT")[0]
    assert event["ORGANIZER"] == "mailto:rantevou@kavala.example"
    assert message["From"].addresses[0].addr_spec == "rantevou@kavala.example"
    assert event["ATTENDEE"] == "mailto:maria@example.gr"
    assert message["To"].addresses[0].addr_spec == "maria@example.gr"
    assert event["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"
    assert event["ATTENDEE"].params["RSVP"] == "FALSE"


def test_the_calendar_leads_to_the_meeting_or_to_the_place() -> None:
    online = Calendar.from_ical(calendars(travelled())[0]).walk("VEVENT")[0]
    assert online["URL"] == "https://rantevou.example.gr/r/TOKEN/join"
    there = Calendar.from_ical(calendars(travelled(channel=Channel.IN_PERSON))[0]).walk("VEVENT")[0]
    assert there["LOCATION"] == "Κύπρου 10, 1ος όροφος"
    assert there["URL"] == "https://rantevou.example.gr/r/TOKEN"


def test_headers_say_that_a_program_wrote() -> None:
    message = travelled()
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"] == "Sat, 21 Nov 2026 09:00:00 +0000"
    assert header(message, "From") == "Δήμος Καβάλας <rantevou@kavala.example>"
    assert header(message, "Subject") == "Το ραντεβού σας: Τετάρτη 16 Δεκεμβρίου, 10:00 π.μ."


@pytest.mark.parametrize("subject", ["λέξη " * n + "τέλος" for n in range(1, 40)])
def test_no_space_of_a_long_subject_gets_lost(subject: str) -> None:
    sent = as_email(replace(mail(), subject=subject, sender_name=subject))
    written = sent.as_bytes()
    message = email.message_from_bytes(written, policy=policy.default)
    assert header(message, "Subject") == subject
    assert header(message, "From") == f"{subject} <rantevou@kavala.example>"
    head = written.partition(b"\r\n\r\n")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 78
    assert b"\n" not in head.replace(b"\r\n", b"")


def test_a_mail_keeps_its_name_and_two_mails_have_two() -> None:
    assert mail().message_id == mail(undo_until=START).message_id
    assert mail().message_id.endswith("@rantevou.example.gr>")
    names = {mail(kind, version=version).message_id for kind in MessageKind for version in (3, 4)}
    assert len(names) == 2 * len(MessageKind)


def test_the_general_sender_steps_in_and_says_that_nobody_reads_answers() -> None:
    quiet = replace(MUNICIPALITY, contact=Contact(office=LocalText("Γραφείο")))
    sent = mail(municipality=quiet, fallback_sender="no-reply@rantevou.example.gr")
    assert sent.sender == "no-reply@rantevou.example.gr"
    assert "Μην απαντήσετε σε αυτό το μήνυμα" in sent.text
    assert "Μην απαντήσετε" not in mail().text
    assert mail(municipality=quiet).sender == "rantevou@rantevou.example.gr"


@pytest.mark.parametrize(
    "name",
    [
        "Μαρία\r\nBcc: all@example.gr",
        "Μαρία\x00Παππά",
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{ 7 * 7 }} %(name)s %s",
        "a\u202egnp.exe",
        "\ud800broken",
        LONG_GREEK,
        "x" * 5_000,
    ],
)
def test_a_hostile_name_stays_a_name(name: str) -> None:
    sent = mail(name=name)
    message = email.message_from_bytes(as_email(sent).as_bytes(), policy=policy.default)
    assert set(message.keys()) == set(travelled().keys())
    assert "Bcc" not in message
    assert "<script" not in sent.html
    assert "<img" not in sent.html
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202e]", sent.text + sent.html + sent.subject)
    event = Calendar.from_ical(calendars(message)[0]).walk("VEVENT")[0]
    assert event["ATTENDEE"] == "mailto:maria@example.gr"
    assert sum(text.startswith("BEGIN:VEVENT") for text in _lines(message)) == 1


def _lines(message: EmailMessage) -> list[str]:
    return calendars(message)[0].decode().split("\r\n")


def test_a_name_from_right_to_left_keeps_its_direction_to_itself() -> None:
    sent = mail(name="محمد علي")
    assert "\u2068محمد علي\u2069, σας περιμένουμε" in sent.text
    assert "\u2068" not in mail().text


@pytest.mark.parametrize(
    "wrong",
    [
        "maria@example.gr\r\nBcc: all@example.gr",
        "maria@example.gr, all@example.gr",
        "Maria <maria@example.gr>",
        "maria",
        "maria@example.gr\x00",
    ],
)
def test_an_address_that_is_not_one_address_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="not a single valid mail address") as refused:
        mail(email=wrong)
    assert "maria" not in str(refused.value)
    assert "maria" not in str(refused.value.__cause__ or "")
    with pytest.raises(ValueError, match="not a single"):
        as_email(replace(mail(), sender=wrong))


def test_a_line_break_in_the_message_id_is_refused() -> None:
    with pytest.raises(ValueError, match=r"linefeed|newline"):
        as_email(replace(mail(), message_id="<a@b>\r\nBcc: all@example.gr"))


def test_a_subject_never_breaks_out_of_its_line() -> None:
    message = as_email(replace(mail(), subject="ένα\r\nBcc: all@example.gr"))
    assert "Bcc" not in message
    assert message["Subject"] == "ένα Bcc: all@example.gr"


def test_long_greek_names_of_offices_survive() -> None:
    office = replace(MUNICIPALITY, name=LocalText("Δ" * 100))
    assert (
        header(travelled(municipality=office), "From") == f"{'Δ' * 100} <rantevou@kavala.example>"
    )


def test_a_greek_domain_needs_no_special_server_but_a_greek_user_does() -> None:
    assert mail(email="maria@παράδειγμα.ελ").recipient == "maria@xn--hxajbheg2az3al.xn--qxam"
    greek = as_email(mail(email="μαρία@παράδειγμα.ελ"))
    assert greek.policy.utf8
    assert not as_email(mail()).policy.utf8
    as_email(mail()).as_bytes().decode("ascii")


def test_lines_of_foreign_text() -> None:
    assert line(" a\r\n\tb\u2028c ") == "a b c"
    assert line("12:30\u00a0μ.μ.") == "12:30\u00a0μ.μ."
    assert person("Μαρία") == "Μαρία"
    assert address("Maria@EXAMPLE.gr") == "Maria@example.gr"
