"""All tables; one shape for SQLite and PostgreSQL (the migrations build exactly this).

Personal data stand only in columns of type ``LargeBinary`` named ``sealed``, encrypted.
Instants are ``Moment``; a *cell* is five minutes of UTC: unix seconds divided by 300, rounded down.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from booking.store.columns import Moment

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

mapping_revision = Table(
    "mapping_revision",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("slug", String(100), nullable=False),
    Column("text", Text, nullable=False),
    Column("imported_by", String(200), nullable=False),
    Column("imported_at", Moment, nullable=False),
)

municipality = Table(
    "municipality",
    metadata,
    Column("slug", String(100), primary_key=True),
    Column("revision_id", ForeignKey("mapping_revision.id"), nullable=False),
)

#: Origin of calendar connections: what one machine's slowness or silence is measured by.
server = Table(
    "server",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("provider", String(40), nullable=False),
    Column("origin", String(300), nullable=False, unique=True),
    Column("answer_seconds", Float, nullable=False, default=0.0),
    Column("poll_seconds", Float, nullable=False, default=20.0),
    Column("failures", Integer, nullable=False, default=0),
    Column("last_success", Moment),
    Column("paused_until", Moment),  #: the provider asked this account to wait
    Column("together", Integer),  #: mailboxes that one request can look at; empty: one by one
)

#: Places for requests in flight to a provider, shared by all processes; a row is taken for
#: seconds and counts for nothing when its time is over. Number 0 is nobody's: it is locked by
#: whoever looks for a place, and says until when the provider asked this account to wait.
provider_place = Table(
    "provider_place",
    metadata,
    Column("account", String(300), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("mailbox", String(300), nullable=False),
    Column("owner", String(64), nullable=False),
    Column("until", Moment, nullable=False),
)

mailbox = Table(
    "mailbox",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("municipality", ForeignKey("municipality.slug"), nullable=False, index=True),
    Column("address", String(300), nullable=False, unique=True),
    Column("staff", String(100), nullable=False),
    Column("connection", String(100), nullable=False),
    Column(
        "place", Text, nullable=False
    ),  #: connection URL and calendar: another place, another replica
    Column("server_id", ForeignKey("server.id"), nullable=False, index=True),
    Column("active", Boolean, nullable=False, default=True),
    Column("dirty_at", Moment),
    Column("lease_until", Moment),
    Column("fence", Integer, nullable=False, default=0),
    Column("sync_token", Text),
    Column("window_start", Moment),
    Column("window_end", Moment),
    Column("last_attempt", Moment),
    Column("last_success", Moment),
    Column("last_started", Moment),  #: when the last successful reading began
    Column("last_full", Moment),
    Column("next_poll", Moment, index=True),
    Column("queued_until", Moment),
    Column("failures", Integer, nullable=False, default=0),
    Column("error_code", String(40), nullable=False, default=""),
    Column("error_text", Text, nullable=False, default=""),
    Column("checked_at", Moment),
    Column("check_outcome", Text, nullable=False, default=""),
    Column("brake_at", Moment),
    Column("brake_reason", String(200), nullable=False, default=""),
    Column("believed_at", Moment),  #: a person said so: however alarming, the next reading is right
    #: Of the busy time as the provider told it at a glance, taken before the last reading.
    Column("fingerprint", Text),
    Column("last_listed", Moment),  #: when resources were last asked for, not only a fingerprint
    Column("working_hours", Text),  #: JSON, as the provider tells them
    Column("working_hours_at", Moment),
)

#: What calls us when a mailbox changes: one that is wanted or active per mailbox, beside what has
#: still to be ended.
subscription = Table(
    "subscription",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("mailbox_id", ForeignKey("mailbox.id"), nullable=False, index=True),
    Column("place", Text, nullable=False),  #: of the mailbox when it was asked for, as the next one
    Column("connection", String(100), nullable=False),
    Column("remote_id", String(300), nullable=False, default="", index=True),
    Column("state", String(20), nullable=False),  #: "wanted", "active", "ending"
    Column("client_state_hash", String(64), nullable=False, default=""),
    Column("notification_url", Text, nullable=False, default=""),
    Column("expires_at", Moment),
    Column("renew_at", Moment, nullable=False, index=True),  #: when the next step is due
    Column("seen_at", Moment),  #: when the provider last said that it has it
    Column("lease_until", Moment),
    Column("fence", Integer, nullable=False, default=0),
    Column("failures", Integer, nullable=False, default=0),
    Column("error_code", String(40), nullable=False, default=""),
    Column("error_text", Text, nullable=False, default=""),
    Column("last_notified_at", Moment),
    Column("created_at", Moment, nullable=False),
    Index(
        "uq_subscription_living",
        "mailbox_id",
        unique=True,
        sqlite_where=text("state <> 'ending'"),
        postgresql_where=text("state <> 'ending'"),
    ),
)

#: What a person of the office has to do; the reasons stand in ``booking.tasks``.
task = Table(
    "task",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(150), nullable=False, unique=True),  #: the same matter never twice
    Column("kind", String(40), nullable=False),
    Column("municipality", ForeignKey("municipality.slug"), nullable=False),
    Column("booking_id", String(40), index=True),
    Column("mailbox_id", String(32)),
    Column("detail", Text, nullable=False),  #: JSON; ids and codes, nothing personal
    Column("created_at", Moment, nullable=False),
    Column("done_at", Moment),
    Column("done_by", String(200), nullable=False, default=""),
    Index("ix_task_municipality_done_at", "municipality", "done_at"),
)

#: Busy time of a mailbox as bit masks, one bit a cell from ``base_cell`` on, little endian.
replica = Table(
    "replica",
    metadata,
    Column("mailbox_id", ForeignKey("mailbox.id"), primary_key=True),
    Column("base_cell", BigInteger, nullable=False),
    Column("cells", Integer, nullable=False),
    Column("busy", LargeBinary, nullable=False),
    Column("tentative", LargeBinary, nullable=False),
    Column("elsewhere", LargeBinary, nullable=False),
    Column("all_day_free", LargeBinary, nullable=False),
    Column("own", LargeBinary, nullable=False),
    Column("degraded", Boolean, nullable=False),
    Column("resources", Integer, nullable=False),
    Column("built_at", Moment, nullable=False),
)

resource = Table(
    "resource",
    metadata,
    Column("mailbox_id", ForeignKey("mailbox.id"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("etag", Text, nullable=False),
    Column("recurring", Boolean, nullable=False),
    Column("understood", Boolean, nullable=False),
    Column("accepted_etag", Text),
    Column("own_key", String(80)),
    Column("intervals", Text, nullable=False),
    Column("warnings", Text, nullable=False),
    Index("ix_resource_own_key", "own_key"),
)

hold = Table(
    "hold",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("service_id", String(210), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("mailbox_id", ForeignKey("mailbox.id"), nullable=False),
    Column("session_hash", String(64), unique=True),
    Column("for_booking", String(40), index=True),  #: alternatives kept for a released booking
    Column("reason", String(200), nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("extendable_until", Moment, nullable=False),
    Column("network_hash", String(64), index=True),  #: keyed: an address is personal data
)

claim = Table(
    "claim",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("mailbox_id", ForeignKey("mailbox.id"), nullable=False),
    Column("first_cell", BigInteger, nullable=False),
    Column("end_cell", BigInteger, nullable=False),
    Column("hold_id", String(40), index=True),
    Column("booking_id", String(40), index=True),
    Column("for_booking", String(40)),
    Column("expires_at", Moment),  #: empty: firm
    Index("ix_claim_mailbox_id_end_cell", "mailbox_id", "end_cell"),
    Index("ix_claim_end_cell", "end_cell"),
)

#: The referee: whoever inserts (mailbox, cell) first owns it.
claim_cell = Table(
    "claim_cell",
    metadata,
    Column("mailbox_id", String(32), primary_key=True),
    Column("cell", BigInteger, primary_key=True, autoincrement=False),
    Column("claim_id", ForeignKey("claim.id"), nullable=False, index=True),
    sqlite_with_rowid=False,
)

booking = Table(
    "booking",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("reference", String(12), nullable=False, unique=True),
    Column("state", String(20), nullable=False),
    Column("version", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("municipality", ForeignKey("municipality.slug"), nullable=False),
    Column("service_id", String(210), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("mailbox_id", ForeignKey("mailbox.id"), nullable=False),
    Column("pending_starts_at", Moment),
    Column("pending_ends_at", Moment),
    Column("pending_mailbox_id", ForeignKey("mailbox.id")),
    Column("pending_channel", String(20)),
    Column("reason", String(40), nullable=False, default=""),  #: why it is in conflict or released
    Column("undo_until", Moment),
    Column("language", String(5), nullable=False),
    Column("consent_version", String(100), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("token_key", String(40), nullable=False),
    Column("token_generation", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    #: Keyed hashes, for limits: who it is, by which mail address, from which network.
    Column("person_hash", String(64), index=True),
    Column("email_hash", String(64), index=True),
    Column("network_hash", String(64), index=True),
    Column("erased_at", Moment),  #: nothing personal is left since then
    Column("erase_wanted_at", Moment, index=True),  #: the citizen asked for it, and it is not done
    #: Names the questions whose answers were erased before the rest.
    Column("answers_erased", String(64), nullable=False, default="", server_default=""),
    Index("ix_booking_mailbox_id_starts_at", "mailbox_id", "starts_at"),
    Index("ix_booking_municipality_starts_at", "municipality", "starts_at"),
    Index("ix_booking_state_changed_at", "state", "changed_at"),
    Index(
        "ix_booking_to_erase",
        "municipality",
        "ends_at",
        sqlite_where=text("erased_at IS NULL"),
        postgresql_where=text("erased_at IS NULL"),
    ),
)

#: Bookings whose citizens would like an earlier time, should one become free.
waiting = Table(
    "waiting",
    metadata,
    Column("booking_id", ForeignKey("booking.id"), primary_key=True),
    Column("service_id", String(210), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("not_before", Moment),  #: earliest time that suits; empty: any
    Column("created_at", Moment, nullable=False),  #: first come, first served
    Column("hold_id", String(40)),  #: what is kept for them now
    Column("offered_until", Moment),
    Column("passed_over", Integer, nullable=False, default=0),  #: offers that they let lapse
    Index("ix_waiting_service_id_channel_created_at", "service_id", "channel", "created_at"),
)

#: One attempt to put a booking into one mailbox.
placement = Table(
    "placement",
    metadata,
    Column("key", String(60), primary_key=True),
    Column("booking_id", ForeignKey("booking.id"), nullable=False),
    Column("n", Integer, nullable=False),
    Column("mailbox_id", ForeignKey("mailbox.id"), nullable=False),
    Column("state", String(20), nullable=False),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("reason", String(200), nullable=False),
    Column("outcome", String(60), nullable=False, default=""),
    Column("outcome_unknown", Boolean, nullable=False, default=False),
    Column("not_found", Integer, nullable=False, default=0),
    Column("event_id", Text, nullable=False, default=""),
    Column("etag", Text, nullable=False, default=""),
    Column("seen", String(20), nullable=False, default=""),  #: what a reading noticed of its event
    Column("seen_at", Moment),
    Column("shared", Boolean, nullable=False, default=False),  #: staff want it over other entries
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("booking_id", "n"),
    Index("ix_placement_mailbox_id_state", "mailbox_id", "state"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(150), nullable=False, unique=True),  #: the same step never twice
    Column("kind", String(20), nullable=False),
    Column("booking_id", ForeignKey("booking.id"), index=True),  #: empty: of no booking (yet)
    Column("placement_key", String(60)),
    Column("detail", Text, nullable=False),
    Column("not_before", Moment, nullable=False),
    Column("lease_until", Moment),
    Column("fence", Integer, nullable=False, default=0),
    Column("tries", Integer, nullable=False, default=0),
    Column("done_at", Moment),
    Column("outcome", String(200), nullable=False, default=""),
    Column("created_at", Moment, nullable=False),
    Index("ix_outbox_done_at_not_before", "done_at", "not_before"),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("key_hash", String(64), primary_key=True),
    Column("body_hash", String(64), nullable=False),
    Column("booking_id", String(40), nullable=False),  #: written first of all, to be the gate
    Column("created_at", Moment, nullable=False, index=True),
)

account = Table(
    "account",
    metadata,
    Column("user", String(100), primary_key=True),
    Column("password", String(300), nullable=False),
    Column("role", String(10), nullable=False),
    Column("name", String(200), nullable=False),
    Column("municipality", String(100)),
    Column("failures", Integer, nullable=False, default=0),
    Column("locked_until", Moment),
)

draft = Table(
    "draft",
    metadata,
    Column("id", String(50), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
)

secret = Table(
    "secret",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("changed_at", Moment, nullable=False),
)

#: What may be tried so often only: counted, and forgotten when ``until`` has come.
attempt = Table(
    "attempt",
    metadata,
    Column("name", String(100), primary_key=True),  #: a keyed hash where it is personal
    Column("count", Integer, nullable=False),
    Column("until", Moment, nullable=False, index=True),
)

lease = Table(
    "lease",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("until", Moment, nullable=False),
)
