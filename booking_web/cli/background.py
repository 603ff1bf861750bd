"""``rantevou worker`` and ``rantevou scheduler``: this process becomes the other program."""

from __future__ import annotations

import os
import sys

import click


@click.command()
@click.option(
    "--interactive",
    is_flag=True,
    help="Only what citizens wait for: run one of these, so that slow calendars never delay it.",
)
def worker(*, interactive: bool) -> None:
    """Carry out background jobs until SIGTERM; start as many as the machine has cores."""
    _become("worker", *(["interactive"] if interactive else []))


@click.command()
def scheduler() -> None:
    """Wake the workers when work is due; several may run, one of them acts."""
    _become("scheduler")


def _become(*role: str) -> None:
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "sync_worker", *role])  # noqa: S606
