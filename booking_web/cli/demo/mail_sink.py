"""A real SMTP server on loopback that keeps every mail as a file and shows them on a small page.

    python -m booking_web.cli.demo.mail_sink --smtp-port P --web-port P --directory D

Nothing is sent on. Whoever may use this machine may read the mails: it is for trying out only.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import click
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from booking_web.cli.demo.mail_page import page_server

LOOPBACK = "127.0.0.1"
LARGEST_MAIL = 10_000_000


class Keeper:
    """Writes each mail into one file whose name sorts by time of arrival."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._numbers = itertools.count(1)

    def keep(self, content: bytes) -> Path:
        """Appears whole or not at all. Raises OSError where nothing can be written."""
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        path = self._directory / f"{stamp}-{os.getpid()}-{next(self._numbers):06}.eml"
        unfinished = path.with_suffix(".part")
        try:
            unfinished.write_bytes(content)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
        return path

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        """Called by aiosmtpd under this name when a mail is complete."""
        try:
            path = self.keep(envelope.original_content)
        except OSError as error:
            print(f"a mail could not be kept: {error.strerror}", file=sys.stderr, flush=True)
            return "452 4.3.1 Insufficient system storage, try again later"
        return f"250 2.0.0 Kept as {path.name}"


@click.command()
@click.option("--smtp-port", type=click.IntRange(1, 65535), required=True)
@click.option("--web-port", type=click.IntRange(1, 65535), required=True)
@click.option("--directory", type=click.Path(file_okay=False, path_type=Path), required=True)
def main(smtp_port: int, web_port: int, directory: Path) -> None:
    """Keep every mail in DIRECTORY and show them on a page, until SIGTERM."""
    stop = threading.Event()

    def ask_to_stop(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask_to_stop)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        pages = page_server((LOOPBACK, web_port), directory)
    except OSError as error:
        raise click.ClickException(_cannot(web_port, directory, error)) from None
    mails = Controller(
        Keeper(directory),
        hostname=LOOPBACK,
        port=smtp_port,
        enable_SMTPUTF8=True,
        decode_data=False,
        data_size_limit=LARGEST_MAIL,
    )
    try:
        mails.start()
    except OSError as error:
        pages.server_close()
        raise click.ClickException(_cannot(smtp_port, directory, error)) from None
    serving = threading.Thread(target=pages.serve_forever, kwargs={"poll_interval": 0.1})
    serving.start()
    try:
        stop.wait()
    finally:
        mails.stop()
        pages.shutdown()
        serving.join()
        pages.server_close()


def _cannot(port: int, directory: Path, error: OSError) -> str:
    if error.filename is not None:
        return f"mails cannot be kept in {directory}: {error.strerror}"
    return f"port {port} of {LOOPBACK} cannot be used ({error.strerror}): choose another one"


if __name__ == "__main__":
    main()
