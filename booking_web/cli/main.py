"""``rantevou``: one command for all that an administrator does; parts load when called."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import sys

import click

from booking.model import BookingError
from booking.settings import SettingsError

#: name → (module, attribute, what it does)
COMMANDS = {
    "demo": ("booking_web.cli.demo.command", "demo", "Run the whole product on this machine."),
    "web": ("booking_web.cli.web", "web", "Serve the pages and the API."),
    "worker": ("booking_web.cli.background", "worker", "Carry out background jobs."),
    "scheduler": ("booking_web.cli.background", "scheduler", "Wake the workers when work is due."),
    "mapping": ("booking_web.cli.mapping", "mapping", "Check, plan, import, export mappings."),
    "mails": ("booking_web.cli.mails", "mails", "Write the mails of a mapping file to look at."),
    "mailbox": ("booking_web.cli.mailbox", "mailbox", "Check what we may do in a mailbox."),
    "sync": ("booking_web.cli.sync", "sync", "Read mailboxes now."),
    "rebuild": (
        "booking_web.cli.rebuild",
        "rebuild",
        "After a restored backup: find in the calendars what the database lost.",
    ),
    "explain": ("booking_web.cli.explain", "explain", "Say why a slot is offered or not."),
    "doctor": ("booking_web.cli.doctor", "doctor", "Look for what is wrong and how to mend it."),
    "conformance": (
        "booking_web.cli.conformance",
        "conformance",
        "Try what we promise of calendars on a real mailbox.",
    ),
    "account": ("booking_web.cli.account", "account", "Make accounts of staff and admins."),
    "secret": ("booking_web.cli.secret", "secret", "Store the secrets that mappings name."),
    "keys": ("booking_web.cli.keys", "keys", "Look after encryption keys; retire old ones."),
    "disclose": (
        "booking_web.cli.disclose",
        "disclose",
        "Print what is known of a citizen with one booking.",
    ),
    "erase": ("booking_web.cli.erase", "erase", "Erase the personal data of single bookings."),
    "database": ("booking_web.cli.database", "database", "Bring the database to this version."),
}


class LazyGroup(click.Group):
    """Finds a command's module when it is called, so that each loads only what it needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, (module, _, _) in COMMANDS.items() if _exists(module)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS or not _exists(COMMANDS[cmd_name][0]):
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][2]) for name in self.list_commands(ctx)])


def _exists(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="rantevou", message="rantevou %(version)s")
def cli() -> None:
    """Appointments with a municipality, written into the calendars of its staff."""


def main() -> None:
    """Entry of the console script: what a person has to mend is a sentence, not a traceback."""
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        cli.main(prog_name="rantevou")
    except Exception as error:
        if not _is_for_the_person(error):
            raise
        click.echo(f"rantevou: {error}", err=True)
        sys.exit(2)


def _is_for_the_person(error: Exception) -> bool:
    # Not needed where all goes well.
    from booking.store import DatabaseUrlError, EncryptionError, StoreUnavailable

    ours = SettingsError | BookingError | DatabaseUrlError | EncryptionError | StoreUnavailable
    return isinstance(error, ours)


if __name__ == "__main__":
    main()
