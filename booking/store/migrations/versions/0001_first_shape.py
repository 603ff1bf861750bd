"""The first shape of the database."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("user", sa.String(length=100), nullable=False),
        sa.Column("password", sa.String(length=300), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("municipality", sa.String(length=100), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("user", name=op.f("pk_account")),
    )
    op.create_table(
        "draft",
        sa.Column("id", sa.String(length=50), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
    )
    op.create_index(op.f("ix_draft_expires_at"), "draft", ["expires_at"], unique=False)
    op.create_table(
        "idempotency",
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("booking_id", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_idempotency")),
    )
    op.create_index(op.f("ix_idempotency_created_at"), "idempotency", ["created_at"], unique=False)
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "mapping_revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("imported_by", sa.String(length=200), nullable=False),
        sa.Column("imported_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mapping_revision")),
    )
    op.create_table(
        "secret",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_secret")),
    )
    op.create_table(
        "server",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("origin", sa.String(length=300), nullable=False),
        sa.Column("answer_seconds", sa.Float(), nullable=False),
        sa.Column("poll_seconds", sa.Float(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_success", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_server")),
        sa.UniqueConstraint("origin", name=op.f("uq_server_origin")),
    )
    op.create_table(
        "municipality",
        sa.Column("slug", sa.String(length=100), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["mapping_revision.id"], name=op.f("fk_municipality_revision_id")
        ),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_municipality")),
    )
    op.create_table(
        "mailbox",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("municipality", sa.String(length=100), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("staff", sa.String(length=100), nullable=False),
        sa.Column("connection", sa.String(length=100), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("server_id", sa.String(length=32), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("dirty_at", sa.BigInteger(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("sync_token", sa.Text(), nullable=True),
        sa.Column("window_start", sa.BigInteger(), nullable=True),
        sa.Column("window_end", sa.BigInteger(), nullable=True),
        sa.Column("last_attempt", sa.BigInteger(), nullable=True),
        sa.Column("last_success", sa.BigInteger(), nullable=True),
        sa.Column("last_started", sa.BigInteger(), nullable=True),
        sa.Column("last_full", sa.BigInteger(), nullable=True),
        sa.Column("next_poll", sa.BigInteger(), nullable=True),
        sa.Column("queued_until", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error_code", sa.String(length=40), nullable=False),
        sa.Column("error_text", sa.Text(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=True),
        sa.Column("check_outcome", sa.Text(), nullable=False),
        sa.Column("brake_at", sa.BigInteger(), nullable=True),
        sa.Column("brake_reason", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["municipality"], ["municipality.slug"], name=op.f("fk_mailbox_municipality")
        ),
        sa.ForeignKeyConstraint(["server_id"], ["server.id"], name=op.f("fk_mailbox_server_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailbox")),
        sa.UniqueConstraint("address", name=op.f("uq_mailbox_address")),
    )
    op.create_index(op.f("ix_mailbox_municipality"), "mailbox", ["municipality"], unique=False)
    op.create_index(op.f("ix_mailbox_next_poll"), "mailbox", ["next_poll"], unique=False)
    op.create_index(op.f("ix_mailbox_server_id"), "mailbox", ["server_id"], unique=False)
    op.create_table(
        "booking",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("municipality", sa.String(length=100), nullable=False),
        sa.Column("service_id", sa.String(length=210), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("mailbox_id", sa.String(length=32), nullable=False),
        sa.Column("pending_starts_at", sa.BigInteger(), nullable=True),
        sa.Column("pending_ends_at", sa.BigInteger(), nullable=True),
        sa.Column("pending_mailbox_id", sa.String(length=32), nullable=True),
        sa.Column("undo_until", sa.BigInteger(), nullable=True),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("consent_version", sa.String(length=100), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("token_key", sa.String(length=40), nullable=False),
        sa.Column("token_generation", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_booking_mailbox_id")),
        sa.ForeignKeyConstraint(
            ["municipality"], ["municipality.slug"], name=op.f("fk_booking_municipality")
        ),
        sa.ForeignKeyConstraint(
            ["pending_mailbox_id"], ["mailbox.id"], name=op.f("fk_booking_pending_mailbox_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking")),
        sa.UniqueConstraint("reference", name=op.f("uq_booking_reference")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_booking_token_hash")),
    )
    op.create_index(
        "ix_booking_mailbox_id_starts_at", "booking", ["mailbox_id", "starts_at"], unique=False
    )
    op.create_index(
        "ix_booking_municipality_starts_at", "booking", ["municipality", "starts_at"], unique=False
    )
    op.create_index("ix_booking_state_changed_at", "booking", ["state", "changed_at"], unique=False)
    op.create_table(
        "claim",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("mailbox_id", sa.String(length=32), nullable=False),
        sa.Column("first_cell", sa.BigInteger(), nullable=False),
        sa.Column("end_cell", sa.BigInteger(), nullable=False),
        sa.Column("hold_id", sa.String(length=40), nullable=True),
        sa.Column("booking_id", sa.String(length=40), nullable=True),
        sa.Column("for_booking", sa.String(length=40), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_claim_mailbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
    )
    op.create_index(op.f("ix_claim_booking_id"), "claim", ["booking_id"], unique=False)
    op.create_index("ix_claim_end_cell", "claim", ["end_cell"], unique=False)
    op.create_index(op.f("ix_claim_hold_id"), "claim", ["hold_id"], unique=False)
    op.create_index(
        "ix_claim_mailbox_id_end_cell", "claim", ["mailbox_id", "end_cell"], unique=False
    )
    op.create_table(
        "hold",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("service_id", sa.String(length=210), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("mailbox_id", sa.String(length=32), nullable=False),
        sa.Column("session_hash", sa.String(length=64), nullable=True),
        sa.Column("for_booking", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("extendable_until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_hold_mailbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
        sa.UniqueConstraint("session_hash", name=op.f("uq_hold_session_hash")),
    )
    op.create_index(op.f("ix_hold_expires_at"), "hold", ["expires_at"], unique=False)
    op.create_index(op.f("ix_hold_for_booking"), "hold", ["for_booking"], unique=False)
    op.create_table(
        "replica",
        sa.Column("mailbox_id", sa.String(length=32), nullable=False),
        sa.Column("base_cell", sa.BigInteger(), nullable=False),
        sa.Column("cells", sa.Integer(), nullable=False),
        sa.Column("busy", sa.LargeBinary(), nullable=False),
        sa.Column("tentative", sa.LargeBinary(), nullable=False),
        sa.Column("elsewhere", sa.LargeBinary(), nullable=False),
        sa.Column("all_day_free", sa.LargeBinary(), nullable=False),
        sa.Column("own", sa.LargeBinary(), nullable=False),
        sa.Column("degraded", sa.Boolean(), nullable=False),
        sa.Column("resources", sa.Integer(), nullable=False),
        sa.Column("built_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["mailbox_id"], ["mailbox.id"], name=op.f("fk_replica_mailbox_id")),
        sa.PrimaryKeyConstraint("mailbox_id", name=op.f("pk_replica")),
    )
    op.create_table(
        "resource",
        sa.Column("mailbox_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("recurring", sa.Boolean(), nullable=False),
        sa.Column("understood", sa.Boolean(), nullable=False),
        sa.Column("accepted_etag", sa.Text(), nullable=True),
        sa.Column("own_key", sa.String(length=80), nullable=True),
        sa.Column("intervals", sa.Text(), nullable=False),
        sa.Column("warnings", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailbox.id"], name=op.f("fk_resource_mailbox_id")
        ),
        sa.PrimaryKeyConstraint("mailbox_id", "id", name=op.f("pk_resource")),
    )
    op.create_index("ix_resource_own_key", "resource", ["own_key"], unique=False)
    op.create_table(
        "claim_cell",
        sa.Column("mailbox_id", sa.String(length=32), nullable=False),
        sa.Column("cell", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("claim_id", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_claim_cell_claim_id")),
        sa.PrimaryKeyConstraint("mailbox_id", "cell", name=op.f("pk_claim_cell")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_claim_cell_claim_id"), "claim_cell", ["claim_id"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=150), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("booking_id", sa.String(length=40), nullable=False),
        sa.Column("placement_key", sa.String(length=60), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_outbox_booking_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("name", name=op.f("uq_outbox_name")),
    )
    op.create_index(op.f("ix_outbox_booking_id"), "outbox", ["booking_id"], unique=False)
    op.create_index(
        "ix_outbox_done_at_not_before", "outbox", ["done_at", "not_before"], unique=False
    )
    op.create_table(
        "placement",
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("booking_id", sa.String(length=40), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("mailbox_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("outcome", sa.String(length=60), nullable=False),
        sa.Column("outcome_unknown", sa.Boolean(), nullable=False),
        sa.Column("not_found", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("seen", sa.String(length=20), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.id"], name=op.f("fk_placement_booking_id")
        ),
        sa.ForeignKeyConstraint(
            ["mailbox_id"], ["mailbox.id"], name=op.f("fk_placement_mailbox_id")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_placement")),
        sa.UniqueConstraint("booking_id", "n", name=op.f("uq_placement_booking_id_n")),
    )
    op.create_index(
        "ix_placement_mailbox_id_state", "placement", ["mailbox_id", "state"], unique=False
    )
