"""A clerk finds a time for a caller or visitor and keeps it while they talk."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from booking import holds
from booking.model import SlotTaken
from booking.office.accounts import Account
from booking_web import sign_in
from booking_web.current import desk, gettext, language
from booking_web.staff import book_details, offered, time_pages
from booking_web.staff import entry as entries
from booking_web.staff.entry import Entry
from booking_web.staff.offered import CHOICE, Chosen
from booking_web.staff.times import first_today

_ENTRY = "/book/entry/<entry_id>"


def register(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/book", "book", choose)
    blueprint.add_url_rule(CHOICE, "book_times", show_times)
    blueprint.add_url_rule(CHOICE, "book_hold", hold, methods=["POST"])
    blueprint.add_url_rule(_ENTRY, "book_details", book_details.details)
    blueprint.add_url_rule(_ENTRY, "book_submit", book_details.submit, methods=["POST"])


def choose() -> str:
    """Service and channel, a link each; administrators choose the municipality before."""
    account = sign_in.signed_in()
    within = offered.municipalities(account)
    wanted = request.args.get("dimos")
    found = next((each for each in within if each.slug == wanted), None)
    if found is None and len(within) == 1:
        found = within[0]
    return render_template(
        "staff/book.html",
        account=account,
        municipalities=[(each.slug, each.name.in_language(language())) for each in within],
        chosen=found.slug if found else "",
        name=found.name.in_language(language()) if found else "",
        groups=[
            (group, [(each, first_today(each)) for each in services])
            for group, services in offered.services(found)
        ]
        if found
        else [],
        entry=_entry_asked(account)[0] or "",
    )


def show_times(service_id: str, channel_name: str) -> Response:
    account = sign_in.signed_in()
    chosen = offered.chosen(account, service_id, channel_name)
    return time_pages.show(chosen, entry_id=_entry_asked(account)[0])


def hold(service_id: str, channel_name: str) -> Response:
    """Keep the chosen time while the clerk and the citizen talk."""
    account = sign_in.signed_in()
    chosen = offered.chosen(account, service_id, channel_name)
    start = offered.start_of(request.form)
    entry_id, entry = _entry_asked(account)
    if start is None:
        errors = {"ora": gettext("Επιλέξτε μία ώρα")}
        return time_pages.show(chosen, entry_id=entry_id, errors=errors, status=422)
    entry = _for_choice(entry, chosen)
    entry_id = entries.keep(
        replace(entry, starts_at=offered.value_of(start), hold_id=""), entry_id=entry_id
    )
    try:
        kept = holds.take(
            desk(),
            service_id=chosen.service_id,
            channel=chosen.channel.channel,
            starts_at=start,
            session_key=entry_id,
            at_desk=True,
        )
    except SlotTaken as taken:
        return time_pages.show_taken(chosen, entry_id, alternatives=taken.alternatives)
    entries.keep(
        replace(entry, starts_at=offered.value_of(start), hold_id=kept.id), entry_id=entry_id
    )
    return redirect(f"/staff/book/entry/{entry_id}", 303)


def _entry_asked(account: Account) -> tuple[str | None, Entry | None]:
    """What was written down before another time, channel or service was chosen."""
    entry_id = request.values.get("entry")
    if not entry_id:
        return None, None
    found = entries.load(entry_id, account=account)
    return (None, None) if found.reference else (entry_id, found)


def _for_choice(entry: Entry | None, chosen: Chosen) -> Entry:
    """The entry for this service and channel; what was said about another one is dropped."""
    made = Entry(chosen.service_id, chosen.channel.channel.value)
    if entry is None:
        return made
    made = replace(made, contact=entry.contact, language=entry.language, key=entry.key)
    if entry.service_id != chosen.service_id:
        return made
    return replace(
        made,
        answers=entry.answers,
        declarations=entry.declarations,
        consent_version=entry.consent_version,
    )
