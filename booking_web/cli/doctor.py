"""``rantevou doctor``: what is wrong with an installation, and what to do about each thing."""

from __future__ import annotations

import os
import smtplib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import click

from booking import catalogue, tasks
from booking.calendars import hours
from booking.calendars.polling import interval_of
from booking.desk import Desk
from booking.office import overview, secrets
from booking.office.overview import MailboxStatus
from booking.settings import Settings
from booking.store import EncryptionError, StoreUnavailable
from booking.subscriptions import planning
from booking.subscriptions.rules import origin_of
from booking.tasks import TaskKind
from booking_web.cli import sign_in
from booking_web.wiring import desk_from, queue_state
from connectors.contract import Finding

_SMTP_SECONDS = 5.0


@click.command()
def doctor() -> None:
    """Look for what is wrong and say how to mend it; exit status 1 if something is."""
    settings = Settings.from_environment(os.environ)
    wrong = 0
    for finding in examine(settings):
        click.echo(f"{'ok    ' if finding.ok else 'WRONG '}  {finding.name}: {finding.detail}")
        if not finding.ok:
            wrong += 1
            click.echo(f"          {finding.remedy}")
    if wrong:
        raise click.exceptions.Exit(1)


def examine(settings: Settings) -> Iterator[Finding]:
    yield from _settings(settings)
    try:
        desk = desk_from(settings)
        catalogue.municipalities(desk)
    except EncryptionError as error:
        yield Finding("encryption", False, str(error), "Set RANTEVOU_ENCRYPTION_KEYS.")
        return
    except Exception as error:  # noqa: BLE001 - any failure of the database is a finding
        detail = str(error) if isinstance(error, StoreUnavailable) else type(error).__name__
        remedy = (
            "Start the database, look at RANTEVOU_DATABASE_URL, run 'rantevou database upgrade'."
        )
        yield Finding("database", False, detail, remedy)
        return
    yield Finding("database", True, "answers")
    yield _queue(settings)
    yield _mail(desk)
    for look in (_mapping, _mailboxes, _calls, _servers, _outbox, _working_hours, _tasks):
        yield from look(desk)


def _settings(settings: Settings) -> Iterator[Finding]:
    checks: tuple[tuple[str, bool, str], ...] = (
        (
            "RANTEVOU_SECRET_KEY",
            len(settings.secret_key) >= 32,
            "Set it to 32 or more random characters; without it every restart ends all sessions.",
        ),
        (
            "RANTEVOU_PUBLIC_URL",
            settings.public_url.startswith("https://") or "127.0.0.1" in settings.public_url,
            "Set it to the https address that citizens use: links in mails start with it.",
        ),
        (
            "RANTEVOU_SECURE_COOKIES",
            settings.secure_cookies or "127.0.0.1" in settings.public_url,
            "Leave it on behind https; it may be off only on one machine for a trial.",
        ),
        (
            "RANTEVOU_PROXIES",
            settings.proxies > 0 or not settings.public_url.startswith("https://"),
            "Set it to how many proxies are in front, usually 1: else a script can keep all slots.",
        ),
    )
    for name, ok, remedy in checks:
        yield Finding(name, ok, "set" if ok else "not as it should be", remedy)


def _queue(settings: Settings) -> Finding:
    state = queue_state(settings)
    remedy = "Start Redis or Valkey and a worker; meanwhile bookings work and mails wait."
    if not state.reachable:
        return Finding("queue", False, "does not answer", remedy)
    detail = f"{state.workers} workers, {state.queued} jobs wait"
    return Finding("queue", state.workers > 0, detail, remedy)


def _mail(desk: Desk) -> Finding:
    if not desk.settings.smtp_url:
        known = catalogue.municipalities(desk)
        lacking = ", ".join(each.slug for each in known if each.mail is None)
        if known and not lacking:
            return Finding("mail", True, "sent by the providers that the mappings name")
        remedy = "Set RANTEVOU_SMTP_URL, or name a provider with 'mail' in the mapping."
        return Finding("mail", False, f"no mail server for {lacking or 'anybody'}", remedy)
    from urllib.parse import urlsplit

    parts = urlsplit(desk.settings.smtp_url)
    connect: Callable[..., smtplib.SMTP] = (
        smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    )
    try:
        with connect(parts.hostname or "", parts.port or 25, timeout=_SMTP_SECONDS) as server:
            server.noop()
    except (OSError, smtplib.SMTPException, ValueError) as error:
        remedy = "Look at RANTEVOU_SMTP_URL and at the mail server; mails wait meanwhile."
        return Finding("mail", False, type(error).__name__, remedy)
    return Finding("mail", True, "the mail server answers")


def _mapping(desk: Desk) -> Iterator[Finding]:
    known = catalogue.municipalities(desk)
    yield Finding(
        "mapping",
        bool(known),
        f"{len(known)} municipalities",
        "Run 'rantevou mapping import'.",
    )
    yield from sign_in.examine(desk.settings, known)
    stored = set(secrets.names(desk))
    for municipality in known:
        for connection in municipality.connections:
            if connection.secret and connection.secret not in stored:
                yield Finding(
                    f"secret {connection.secret}",
                    False,
                    f"named by {municipality.slug}, but not stored",
                    f"Run 'rantevou secret set {connection.secret}'.",
                )


def _mailboxes(desk: Desk) -> Iterator[Finding]:
    every = overview.mailboxes(desk)
    for each in every:
        if not each.offers:
            remedy = f"Run 'rantevou mailbox check {each.address}', or look at the admin page."
            detail = f"offers nothing: {_why_not(each)}"
            yield Finding(f"mailbox {each.address}", False, detail, remedy)
    offering = sum(each.offers for each in every)
    yield Finding("mailboxes", True, f"{offering} of {len(every)} offer slots")


def _calls(desk: Desk) -> Iterator[Finding]:
    """Calendars that could call us when they change: do they, and what keeps them from it."""
    able = planning.able_to_call(desk)
    if not able:
        return
    url = desk.settings.notification_url
    if not origin_of(desk.settings):
        # Polling is slower and as right: only an address that cannot work is wrong.
        detail = f"{url} is not https" if url else "not set, and RANTEVOU_PUBLIC_URL is not https"
        yield Finding(
            "RANTEVOU_NOTIFICATION_URL",
            not url,
            f"{detail}: {able} calendars could call us when they change, and are only polled",
            "Set it to an https origin by which the provider reaches /notifications/ of this site.",
        )
        return
    every = [each for each in overview.mailboxes(desk) if each.notified is not None]
    for each in every:
        if each.notified is not None and each.notified.error_code:
            yield Finding(
                f"notifications of {each.address}",
                False,
                each.notified.error_text,
                _CALL_REMEDIES.get(each.notified.error_code, _CALL_REMEDY),
            )
    calling = sum(each.notified is not None and each.notified.calls for each in every)
    yield Finding("notifications", True, f"{calling} of {able} calendars call us when they change")


_CALL_REMEDIES = {
    "rejected": "See that the provider reaches RANTEVOU_NOTIFICATION_URL from the internet, with a "
    "valid certificate, and that the proxy passes /notifications/ on.",
    "not_authorised": "Give our application the right to read this calendar.",
}
_CALL_REMEDY = "It is tried again by itself; meanwhile the calendar is polled."


def _why_not(each: MailboxStatus) -> str:
    said = each.braked or each.error_text or each.error_code
    if said:
        return said
    if each.degraded:
        return "an entry that is not understood"
    if each.writable is False:
        refused = next(finding for finding in each.findings if finding.name == "writable")
        return f"our account cannot write there ({refused.detail})"
    return "not read lately"


def _servers(desk: Desk) -> Iterator[Finding]:
    """A server that is too slow for its mailboxes makes them older than they may be offered."""
    settings = desk.settings
    counted: dict[str, int] = {}
    waits: dict[str, datetime] = {}
    for each in overview.mailboxes(desk):
        counted[each.server] = counted.get(each.server, 0) + 1
        if each.waits_until is not None:
            waits[each.server] = each.waits_until
    for server in overview.servers(desk):
        mailboxes = counted.get(server.origin, 0)
        pace = interval_of(
            replace(settings, poll_cap=timedelta.max),
            mailboxes=mailboxes,
            answer_seconds=server.answer_seconds,
            together=server.together,
        )
        ok = timedelta(seconds=pace) <= settings.freshness_limit
        until = waits.get(server.origin)
        asked = f"; it asked us to wait until {until:%H:%M:%S} UTC" if until else ""
        yield Finding(
            f"server {server.origin}",
            ok,
            f"{mailboxes} mailboxes, each read every "
            f"{min(pace, settings.poll_cap.total_seconds()):.0f} s, "
            f"an answer takes {server.answer_seconds * 1000:.0f} ms{asked}",
            "It cannot answer all polls within the freshness limit: give it more power, split its "
            "mailboxes, or raise RANTEVOU_FRESHNESS_LIMIT knowingly.",
        )


def _outbox(desk: Desk) -> Iterator[Finding]:
    health = overview.health(desk)
    yield Finding(
        "open work",
        health.overdue_steps == 0,
        f"{health.due_steps} steps due, {health.overdue_steps} overdue",
        "Look whether a worker and the scheduler run, and at the open work of the admin page.",
    )


def _working_hours(desk: Desk) -> Iterator[Finding]:
    for address in hours.untold(desk):
        yield Finding(
            f"working hours of {address}",
            False,
            "asked for by the mapping, and never told by the calendar: it offers nothing",
            "Look whether a worker runs and whether our account may read them; or take "
            "'working_hours: calendar' out of the mapping.",
        )


def _tasks(desk: Desk) -> Iterator[Finding]:
    """What a person has to do; where a provider named a command that mends it, in its words."""
    found = tasks.open_tasks(desk, municipality=None)
    for each in found:
        if each.kind is TaskKind.MEETING_NOT_SECURED:
            yield Finding(
                f"meetings of {each.address}",
                False,
                "lobby and recording cannot be set",
                each.error or "Run 'rantevou mailbox check'; it names what is not granted.",
            )
    yield Finding(
        "tasks of the office",
        not found,
        f"{len(found)} open",
        f"Look at {desk.settings.public_url}/staff/tasks.",
    )
