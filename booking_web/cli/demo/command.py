"""``rantevou demo``: what `./run` starts once the packages are installed."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import FrameType

import click

from booking.settings import Settings, SettingsError
from booking_web.cli.demo.supervisor import Supervisor
from booking_web.cli.demo.trouble import StartError


@click.command()
@click.option(
    "--info",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write addresses and passwords to this file (JSON) once everything is ready.",
)
def demo(info: Path | None) -> None:
    """Run the whole product on this machine, with two sample municipalities."""
    if info is not None:
        _require_writable(info.absolute())
    try:
        supervisor = Supervisor(
            Settings.from_environment(os.environ),
            environment=os.environ,
            info=info,
            say=lambda text: click.echo(text if text.startswith("\n") else f"rantevou: {text}"),
        )
        _stop_on_signals(supervisor)
        supervisor.run()
    except (StartError, SettingsError) as error:
        _fail(str(error))
    except OSError as error:  # a full disk, a file of somebody else in the data folder
        _fail(f"{error.filename or 'A file'} cannot be used: {error.strerror}.")


def _require_writable(info: Path) -> None:
    """Before everything is started in vain."""
    if not info.parent.is_dir():
        _fail(f"The folder of --info does not exist: {info.parent}")
    if info.is_dir() or not os.access(info.parent, os.W_OK):
        _fail(f"--info cannot be written: name a file in a folder that you may write, not {info}")


def _stop_on_signals(supervisor: Supervisor) -> None:
    def stop(number: int, frame: FrameType | None) -> None:
        supervisor.stop()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def _fail(sentence: str) -> None:
    click.echo(f"rantevou: {sentence}", err=True)
    sys.exit(1)
