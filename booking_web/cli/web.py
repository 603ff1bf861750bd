"""``rantevou web``: pages and API on waitress; behind a proxy, gunicorn serves the same app."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import Any

import click

from booking.settings import Settings

MAX_BODY = 1 << 20  #: bytes of a request; the largest form is far below that


@click.command()
def web() -> None:
    """Serve the pages and the API until SIGTERM (production: gunicorn booking_web.wsgi:app)."""
    settings = Settings.from_environment(os.environ)
    try:
        server = make_server(settings)
    except OSError as error:
        raise click.ClickException(
            f"{settings.host}:{settings.port} cannot be listened on ({error.strerror}): "
            "look at RANTEVOU_HOST and RANTEVOU_PORT, or stop the program that is there."
        ) from None
    signal.signal(signal.SIGTERM, _leave)
    server.run()  # ends on SystemExit, after the answers that are being written


def make_server(settings: Settings) -> Any:
    """A listening server. Raises OSError where the port is taken."""
    import waitress

    from booking.calendars.preload import load_ahead
    from booking_web.app import create_app
    from booking_web.register import gsis
    from booking_web.wiring import desk_from

    desk = desk_from(settings)
    load_ahead(desk)
    gsis.load_ahead(settings)
    return waitress.create_server(
        create_app(desk),
        host=settings.host,
        port=settings.port,
        threads=settings.web_threads,
        max_request_body_size=MAX_BODY,
        ident=None,
        # Only what a proxy of ours says is kept; the application reads no other of these headers.
        clear_untrusted_proxy_headers=settings.proxies == 0,
        channel_timeout=30,
    )


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(0)
