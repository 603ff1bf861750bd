"""Runs the migrations on the connection that ``booking.store.upgrade`` hands over."""

from __future__ import annotations

from alembic import context

from booking.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    # SQLite cannot alter most things in place; see the migrations for what batches lose.
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
