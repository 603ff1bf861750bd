"""Providers that call us and that limit us; matters that a person of the office sees to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("server", sa.Column("paused_until", sa.BigInteger(), nullable=True))
    op.add_column("server", sa.Column("together", sa.Integer(), nullable=True))
    for name, kind in _MAILBOX:
        op.add_column("mailbox", sa.Column(name, kind, nullable=True))
    op.create_table(
        "provider_place",
        sa.Column("account", sa.String(length=300), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("mailbox", sa.String(length=300), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "n", name=op.f("pk_provider_place")),
    )
    op.create_table(
        "subscription",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("mailbox_id", sa.String(length=32), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("connection", sa.String(length=100), nullable=False),
        sa.Column("remote_id", sa.String(length=300), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("client_state_hash", sa.String(length=64), nullable=False),
        sa.Column("notification_url", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("renew_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error_code", sa.String(length=40), nullable=False),
        sa.Column("error_text", sa.Text(), nullable=False),
        sa.Column("last_notified_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailbox.id"], name=op.f("fk_subscription_mailbox_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
    )
    for column in ("mailbox_id", "remote_id", "renew_at"):
        op.create_index(op.f(f"ix_subscription_{column}"), "subscription", [column])
    op.create_index(
        "uq_subscription_living",
        "subscription",
        ["mailbox_id"],
        unique=True,
        sqlite_where=sa.text("state <> 'ending'"),
        postgresql_where=sa.text("state <> 'ending'"),
    )
    op.create_table(
        "task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=150), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("municipality", sa.String(length=100), nullable=False),
        sa.Column("booking_id", sa.String(length=40), nullable=True),
        sa.Column("mailbox_id", sa.String(length=32), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("done_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality"], ["municipality.slug"], name=op.f("fk_task_municipality")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sa.UniqueConstraint("name", name=op.f("uq_task_name")),
    )
    op.create_index(op.f("ix_task_booking_id"), "task", ["booking_id"])
    op.create_index(op.f("ix_task_municipality_done_at"), "task", ["municipality", "done_at"])


def downgrade() -> None:
    op.drop_table("task")
    op.drop_table("subscription")
    op.drop_table("provider_place")
    for name, _ in reversed(_MAILBOX):
        op.drop_column("mailbox", name)
    op.drop_column("server", "together")
    op.drop_column("server", "paused_until")


_MAILBOX = (
    ("fingerprint", sa.Text()),
    ("last_listed", sa.BigInteger()),
    ("working_hours", sa.Text()),
    ("working_hours_at", sa.BigInteger()),
)
