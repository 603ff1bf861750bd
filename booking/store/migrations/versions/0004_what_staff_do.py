"""What staff do in their calendars reaches bookings; a booking may change its channel."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mailbox", sa.Column("believed_at", sa.BigInteger(), nullable=True))
    op.add_column("booking", sa.Column("pending_channel", sa.String(length=20), nullable=True))
    op.add_column(
        "booking",
        sa.Column("reason", sa.String(length=40), nullable=False, server_default=""),
    )
    op.add_column(
        "placement",
        sa.Column("shared", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    op.drop_column("placement", "shared")
    op.drop_column("booking", "reason")
    op.drop_column("booking", "pending_channel")
    op.drop_column("mailbox", "believed_at")
