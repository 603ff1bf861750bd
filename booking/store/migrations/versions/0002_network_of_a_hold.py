"""Holds remember from which network they were taken, as a keyed hash."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("hold", sa.Column("network_hash", sa.String(length=64), nullable=True))
    op.create_index(op.f("ix_hold_network_hash"), "hold", ["network_hash"])


def downgrade() -> None:
    op.drop_index(op.f("ix_hold_network_hash"), "hold")
    op.drop_column("hold", "network_hash")
