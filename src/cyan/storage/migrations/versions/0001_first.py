"""The first schema: accounts, devices, transfers, outbox, usage."""

import sqlalchemy as sa
from alembic import op

from cyan.storage.columns import Document, Flag, Instant

revision = "0001"
down_revision = None
RowNumber = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("operator", Flag(), nullable=False),
        sa.Column("info", Document(), nullable=False),
        sa.Column("mfa_secret", sa.Text(), nullable=True),
        sa.Column("mfa_used_step", RowNumber, nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=("accounts_pk")),
        sa.UniqueConstraint("username", name=("accounts_username_key")),
        sqlite_strict=True,
    )
    op.create_table(
        "key_history",
        sa.Column("number", RowNumber, nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=True),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=("key_history_pk")),
        sqlite_strict=True,
    )
    op.create_index(
        ("key_history_device_id_index"), "key_history", ["device_id"], unique=False
    )
    op.create_table(
        "outbox",
        sa.Column("number", RowNumber, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("body", Document(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column(
            "attempts", sa.Integer(), server_default=sa.text("0"), nullable=False
        ),
        sa.PrimaryKeyConstraint("number", name=("outbox_pk")),
        sqlite_strict=True,
    )
    op.create_index(("outbox_due_at_index"), "outbox", ["due_at"], unique=False)
    op.create_table(
        "ownership_history",
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("ownership", sa.Integer(), nullable=False),
        sa.Column("former_owner_id", sa.Text(), nullable=True),
        sa.Column("new_owner_id", sa.Text(), nullable=True),
        sa.Column("actor_id", sa.Text(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("door", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint(
            "device_id", "ownership", name=("ownership_history_pk")
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "tickets",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", Document(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=("tickets_pk")),
        sqlite_strict=True,
    )
    op.create_index(
        ("tickets_expires_at_index"), "tickets", ["expires_at"], unique=False
    )
    op.create_index(
        ("tickets_purpose_subject_index"),
        "tickets",
        ["purpose", "subject"],
        unique=False,
    )
    op.create_table(
        "transfers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("requester_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("requested_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=("transfers_pk")),
        sqlite_strict=True,
    )
    op.create_index(
        ("transfers_owner_id_index"), "transfers", ["owner_id"], unique=False
    )
    op.create_index(
        "transfers_pending_index",
        "transfers",
        ["device_id", "requester_id"],
        unique=True,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        ("transfers_requester_id_index"), "transfers", ["requester_id"], unique=False
    )
    op.create_index(
        "transfers_state_expires_at_index",
        "transfers",
        ["state", "expires_at"],
        unique=False,
    )
    op.create_table(
        "usage",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("operations", RowNumber, nullable=False),
        sa.PrimaryKeyConstraint("account_id", "month", "kind", name=("usage_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "clients",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=True),
        sa.Column("scope", sa.Text(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=("clients_account_id_fk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=("clients_pk")),
        sqlite_strict=True,
    )
    op.create_index(
        ("clients_account_id_index"), "clients", ["account_id"], unique=False
    )
    op.create_table(
        "devices",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=True),
        sa.Column(
            "ownership", sa.Integer(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("name_key", sa.Text(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("platform_id", sa.Integer(), nullable=True),
        sa.Column("session_id", sa.Text(), nullable=True),
        sa.Column("functions", Document(), nullable=True),
        sa.Column("variables", Document(), nullable=True),
        sa.Column("system_version", sa.Integer(), nullable=True),
        sa.Column("product_id", sa.Integer(), nullable=True),
        sa.Column("product_version", sa.Integer(), nullable=True),
        sa.Column("app_hash", sa.Text(), nullable=True),
        sa.Column("safe_mode", Flag(), server_default=sa.text("FALSE"), nullable=False),
        sa.Column(
            "updates_enabled", Flag(), server_default=sa.text("TRUE"), nullable=False
        ),
        sa.Column(
            "updates_forced", Flag(), server_default=sa.text("FALSE"), nullable=False
        ),
        sa.Column("serial_number", sa.Text(), nullable=True),
        sa.Column("imei", sa.Text(), nullable=True),
        sa.Column("iccid", sa.Text(), nullable=True),
        sa.Column("mobile_secret", sa.Text(), nullable=True),
        sa.Column("last_address", sa.Text(), nullable=True),
        sa.Column("last_heard", Instant(), nullable=True),
        sa.Column("last_handshake_at", Instant(), nullable=True),
        sa.Column("public_key", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["accounts.id"], name=("devices_owner_id_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=("devices_pk")),
        sa.UniqueConstraint("serial_number", name=("devices_serial_number_key")),
        sqlite_strict=True,
    )
    op.create_index(
        ("devices_owner_id_last_handshake_at_index"),
        "devices",
        ["owner_id", "last_handshake_at"],
        unique=False,
    )
    op.create_index(
        ("devices_owner_id_name_key_index"),
        "devices",
        ["owner_id", "name_key"],
        unique=True,
    )
    op.create_index(
        ("devices_session_id_index"),
        "devices",
        ["session_id"],
        unique=False,
        sqlite_where=sa.text("session_id IS NOT NULL"),
        postgresql_where=sa.text("session_id IS NOT NULL"),
    )
    op.create_table(
        "tokens",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("refresh_hash", sa.Text(), nullable=True),
        sa.Column("refresh_expires_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=("tokens_account_id_fk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("hash", name=("tokens_pk")),
        sa.UniqueConstraint("refresh_hash", name=("tokens_refresh_hash_key")),
        sqlite_strict=True,
    )
    op.create_index(("tokens_account_id_index"), "tokens", ["account_id"], unique=False)
    op.create_index(("tokens_client_id_index"), "tokens", ["client_id"], unique=False)
    op.create_index(("tokens_expires_at_index"), "tokens", ["expires_at"], unique=False)
