"""Upgrades of the database's shape, and of the keys that its personal data are sealed with."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from booking.store.engine import WRITES, Database, outages
from booking.store.tables import booking, draft, metadata, secret
from booking.store.unit_of_work import Store

_SEALED = ((booking, "id"), (draft, "id"), (secret, "name"))


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


def rotate(store: Store) -> int:
    """Seal every value with the first key that was sealed with another; how many there were."""
    count = 0
    for table, identity in _SEALED:
        name = table.c[identity]
        with store.read() as uow:
            rows = uow.connection.execute(select(name, table.c.sealed)).all()
        for row_id, sealed in rows:
            if store.keys.key_of(sealed) == store.keys.current:
                continue
            place = f"{table.name}/{row_id}"
            fresh = store.keys.seal(store.keys.open(sealed, place=place), place=place)
            with store.write() as uow:
                # Only what is still as it was read: whoever changed it meanwhile sealed it anew.
                changed = uow.connection.execute(
                    update(table)
                    .where(name == row_id, table.c.sealed == sealed)
                    .values(sealed=fresh)
                )
                uow.commit()
                count += changed.rowcount
    return count
