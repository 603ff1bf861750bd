"""Limits by person and network; a waiting list; erasure; mails of no booking; counted tries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_HASHES = ("person_hash", "email_hash", "network_hash")


def upgrade() -> None:
    for name in _HASHES:
        op.add_column("booking", sa.Column(name, sa.String(length=64), nullable=True))
        op.create_index(f"ix_booking_{name}", "booking", [name])
    op.add_column("booking", sa.Column("erased_at", sa.BigInteger(), nullable=True))
    op.add_column("booking", sa.Column("erase_wanted_at", sa.BigInteger(), nullable=True))
    op.create_index("ix_booking_erase_wanted_at", "booking", ["erase_wanted_at"])
    op.add_column(
        "booking",
        sa.Column("answers_erased", sa.String(length=64), nullable=False, server_default=""),
    )
    op.create_index(
        "ix_booking_to_erase",
        "booking",
        ["municipality", "ends_at"],
        sqlite_where=sa.text("erased_at IS NULL"),
        postgresql_where=sa.text("erased_at IS NULL"),
    )
    with op.batch_alter_table("outbox") as outbox:
        outbox.alter_column("booking_id", existing_type=sa.String(length=40), nullable=True)
    op.create_table(
        "waiting",
        sa.Column("booking_id", sa.String(length=40), nullable=False),
        sa.Column("service_id", sa.String(length=210), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("hold_id", sa.String(length=40), nullable=True),
        sa.Column("offered_until", sa.BigInteger(), nullable=True),
        sa.Column("passed_over", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name="fk_waiting_booking_id"),
        sa.PrimaryKeyConstraint("booking_id", name="pk_waiting"),
    )
    op.create_index(
        "ix_waiting_service_id_channel_created_at",
        "waiting",
        ["service_id", "channel", "created_at"],
    )
    op.create_table(
        "attempt",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_attempt"),
    )
    op.create_index("ix_attempt_until", "attempt", ["until"])


def downgrade() -> None:
    op.drop_table("attempt")
    op.drop_table("waiting")
    op.execute("DELETE FROM outbox WHERE booking_id IS NULL")
    with op.batch_alter_table("outbox") as outbox:
        outbox.alter_column("booking_id", existing_type=sa.String(length=40), nullable=False)
    op.drop_index("ix_booking_to_erase", "booking")
    op.drop_column("booking", "answers_erased")
    op.drop_index("ix_booking_erase_wanted_at", "booking")
    op.drop_column("booking", "erase_wanted_at")
    op.drop_column("booking", "erased_at")
    for name in _HASHES:
        op.drop_index(f"ix_booking_{name}", "booking")
        op.drop_column("booking", name)
