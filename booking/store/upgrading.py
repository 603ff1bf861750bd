"""Upgrades of the database's shape."""

from __future__ import annotations

from typing import Any

from booking.store.engine import WRITES, Database, outages
from booking.store.tables import metadata


def upgrade(database_url: str) -> None:
    """Run all migrations that the database has not seen; nothing happens where it is current.

    Raises DatabaseUrlError and StoreUnavailable.
    """
    # Here and not above: only an upgrade needs it, and it is slow to load.
    from alembic import command
    from alembic.config import Config

    database = Database(database_url, patient=True)
    config = Config()
    config.set_main_option("script_location", "booking.store:migrations")
    config.set_main_option("path_separator", "os")
    try:
        with outages(), database.engine().connect() as connection:
            connection.execution_options(**{WRITES: True})
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
    finally:
        database.close()


def differences(database_url: str) -> list[Any]:
    """What the database's shape and the tables of this version disagree in (empty: nothing)."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    database = Database(database_url)
    try:
        with database.engine().connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            return list(compare_metadata(context, metadata))
    finally:
        database.close()
