"""``rantevou explain``: why a slot is offered or not, mailbox by mailbox."""

from __future__ import annotations

import os
from datetime import datetime
from zoneinfo import ZoneInfo

import click

from booking import catalogue
from booking.office.explain import explain as reasons_for
from booking.settings import Settings
from booking_web.wiring import desk_from
from mapping.model import Channel


@click.command()
@click.argument("service_id")
@click.argument("channel", type=click.Choice([each.value for each in Channel]))
@click.argument("starts_at")
def explain(service_id: str, channel: str, starts_at: str) -> None:
    """Say why SERVICE_ID by CHANNEL is offered at STARTS_AT ("2026-12-10T12:30", office time)."""
    desk = desk_from(Settings.from_environment(os.environ))
    municipality, _ = catalogue.service(desk, service_id)
    try:
        moment = datetime.fromisoformat(starts_at)
    except ValueError:
        raise click.BadParameter("write it like 2026-12-10T12:30") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(municipality.time_zone))
    reasons = reasons_for(desk, service_id=service_id, channel=Channel(channel), starts_at=moment)
    for reason in reasons:
        click.echo(
            f"{reason.mailbox}: {'offered' if reason.offered else 'not offered'}, {reason.why}"
        )
    if not any(reason.offered for reason in reasons):
        raise click.exceptions.Exit(1)
