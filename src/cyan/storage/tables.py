"""The tables: the truth that the migrations must arrive at."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

from cyan.model.accounts import ClientKind, TicketPurpose
from cyan.model.devices import QuarantineReason, Standing, TransferState
from cyan.model.identifiers import DeviceID
from cyan.model.notices import NoticeKind
from cyan.storage.columns import Document, Flag, Instant, Named

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "fk": "%(table_name)s_%(column_0_N_name)s_fk",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ix": "%(table_name)s_%(column_0_N_name)s_index",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)
RowNumber = BigInteger().with_variant(Integer, "sqlite")


def partial_index(name: str, where: str, *columns: str) -> Index:
    """An index of the rows for which a condition holds, and no others."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


accounts = Table(
    "accounts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("username", Text, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("operator", Flag, nullable=False),
    Column("info", Document, nullable=False),
    Column("mfa_secret", Text),
    Column("mfa_used_step", RowNumber),
    Column("created_at", Instant, nullable=False),
    sqlite_strict=True,
)

clients = Table(
    "clients",
    metadata,
    Column("id", Text, primary_key=True),
    Column(
        "account_id",
        Text,
        ForeignKey("accounts.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("name", Text, nullable=False),
    Column("kind", Named(ClientKind), nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("redirect_uri", Text),
    Column("scope", Text),
    Column("created_at", Instant, nullable=False),
    sqlite_strict=True,
)

tokens = Table(
    "tokens",
    metadata,
    Column("hash", Text, primary_key=True),
    Column(
        "account_id",
        Text,
        ForeignKey("accounts.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("client_id", Text, nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, index=True),
    Column("refresh_hash", Text, unique=True),
    Column("refresh_expires_at", Instant),
    sqlite_strict=True,
)

tickets = Table(
    "tickets",
    metadata,
    Column("id", Text, primary_key=True),
    Column("purpose", Named(TicketPurpose), nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Document, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Index(None, "purpose", "subject"),
    sqlite_strict=True,
)

devices = Table(
    "devices",
    metadata,
    Column("id", Named(DeviceID), primary_key=True),
    Column("owner_id", Text, ForeignKey("accounts.id")),
    Column("ownership", Integer, nullable=False, server_default=text("0")),
    Column("product_id", Integer),
    Column("standing", Named(Standing)),
    Column("standing_reason", Named(QuarantineReason)),
    Column("standing_since", Instant),
    Column("development", Flag, nullable=False, server_default=text("FALSE")),
    Column("name", Text),
    Column("name_key", Text),
    Column("notes", Text),
    Column("platform_id", Integer),
    Column("session_id", Text),
    Column("functions", Document),
    Column("variables", Document),
    Column("system_version", Integer),
    Column("firmware_product_id", Integer),
    Column("firmware_version", Integer),
    Column("app_hash", Text),
    Column("safe_mode", Flag, nullable=False, server_default=text("FALSE")),
    Column("updates_enabled", Flag, nullable=False, server_default=text("TRUE")),
    Column("updates_forced", Flag, nullable=False, server_default=text("FALSE")),
    Column("protected", Flag, nullable=False, server_default=text("FALSE")),
    Column("serial_number", Text, unique=True),
    Column("imei", Text),
    Column("iccid", Text),
    Column("mobile_secret", Text),
    Column("last_address", Text),
    Column("last_heard", Instant),
    Column("last_handshake_at", Instant),
    Column("connected_us", RowNumber, nullable=False, server_default=text("0")),
    Column("public_key", LargeBinary),
    Column("created_at", Instant, nullable=False),
    Index(None, "owner_id", "last_handshake_at"),
    Index(None, "owner_id", "name_key", unique=True),
    Index(None, "product_id", "connected_us", "id"),
    Index(None, "product_id", "id"),
    partial_index(
        "devices_quarantined_index",
        "standing IN ('quarantined', 'denied')",
        "product_id",
        "connected_us",
        "id",
    ),
    partial_index(
        "devices_quarantined_by_id_index",
        "standing IN ('quarantined', 'denied')",
        "product_id",
        "id",
    ),
    Index("devices_named_index", "product_id", "name_key", "id"),
    Index("devices_versions_index", "product_id", "firmware_version", "id"),
    partial_index(
        "devices_serial_index",
        "serial_number IS NOT NULL",
        "product_id",
        "serial_number",
        "id",
    ),
    partial_index("devices_imei_index", "imei IS NOT NULL", "imei"),
    partial_index("devices_iccid_index", "iccid IS NOT NULL", "iccid"),
    Index(
        None,
        "session_id",
        sqlite_where=text("session_id IS NOT NULL"),
        postgresql_where=text("session_id IS NOT NULL"),
    ),
    sqlite_strict=True,
)

ownership_history = Table(
    "ownership_history",
    metadata,
    Column("device_id", Named(DeviceID), primary_key=True),
    Column("ownership", Integer, primary_key=True),
    Column("former_owner_id", Text),
    Column("new_owner_id", Text),
    Column("actor_id", Text),
    Column("rule", Text, nullable=False),
    Column("door", Text, nullable=False),
    Column("at", Instant, nullable=False),
    sqlite_strict=True,
)

key_history = Table(
    "key_history",
    metadata,
    Column("number", RowNumber, primary_key=True),
    Column("device_id", Named(DeviceID), nullable=False, index=True),
    Column("key", LargeBinary, nullable=False),
    Column("actor_id", Text),
    Column("door", Text, nullable=False),
    Column("at", Instant, nullable=False),
    sqlite_strict=True,
)

transfers = Table(
    "transfers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("device_id", Named(DeviceID), nullable=False),
    Column("owner_id", Text, nullable=False, index=True),
    Column("requester_id", Text, nullable=False, index=True),
    Column("state", Named(TransferState), nullable=False),
    Column("requested_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("answered_at", Instant),
    Index(
        "transfers_pending_index",
        "device_id",
        "requester_id",
        unique=True,
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
    Index("transfers_state_expires_at_index", "state", "expires_at"),
    sqlite_strict=True,
)

outbox = Table(
    "outbox",
    metadata,
    Column("number", RowNumber, primary_key=True),
    Column("kind", Named(NoticeKind), nullable=False),
    Column("recipient", Text, nullable=False),
    Column("body", Document, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False, index=True),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    sqlite_strict=True,
)

usage = Table(
    "usage",
    metadata,
    Column("holder", Text, primary_key=True),
    Column("month", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("operations", RowNumber, nullable=False),
    sqlite_strict=True,
)
