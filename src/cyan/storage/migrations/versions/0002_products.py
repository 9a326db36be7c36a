"""Products: fleets, their teams, groups, quarantine and imports."""

import sqlalchemy as sa
from alembic import op

from cyan.storage.columns import Document, Flag, Instant

revision = "0002"
down_revision = "0001"
RowNumber = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

COUNT_SANDBOXES = """
INSERT INTO account_counts (account_id, sandbox)
SELECT owner_id, count(*) FROM devices WHERE owner_id IS NOT NULL GROUP BY owner_id
"""
FALSE = sa.text("FALSE")
NOTE_CONNECTIONS = {
    "sqlite": "UPDATE devices SET connected_us = coalesce(last_handshake_at, 0)",
    "postgresql": "UPDATE devices SET connected_us = "
    "coalesce((extract(epoch FROM last_handshake_at) * 1000000)::bigint, 0)",
}


def upgrade() -> None:
    _make_tables()
    op.execute("ALTER TABLE usage RENAME COLUMN account_id TO holder")
    for former, present in (
        ("product_id", "firmware_product_id"),
        ("product_version", "firmware_version"),
    ):
        op.execute(f"ALTER TABLE devices RENAME COLUMN {former} TO {present}")
    for column in (
        sa.Column("product_id", sa.Integer()),
        sa.Column("standing", sa.Text()),
        sa.Column("standing_reason", sa.Text()),
        sa.Column("standing_since", Instant()),
        sa.Column("development", Flag(), nullable=False, server_default=FALSE),
        sa.Column("protected", Flag(), nullable=False, server_default=FALSE),
        sa.Column("connected_us", RowNumber, nullable=False, server_default="0"),
    ):
        op.add_column("devices", column)
    op.execute(NOTE_CONNECTIONS[op.get_bind().dialect.name])
    op.execute(COUNT_SANDBOXES)
    _index_devices()


def _index_devices() -> None:
    op.create_index(
        "devices_product_id_connected_us_id_index",
        "devices",
        ["product_id", "connected_us", "id"],
    )
    op.create_index("devices_product_id_id_index", "devices", ["product_id", "id"])
    op.create_index("devices_named_index", "devices", ["product_id", "name_key", "id"])
    op.create_index(
        "devices_versions_index", "devices", ["product_id", "firmware_version", "id"]
    )
    for name, condition, columns in (
        (
            "devices_quarantined_index",
            "standing IN ('quarantined', 'denied')",
            ["product_id", "connected_us", "id"],
        ),
        (
            "devices_quarantined_by_id_index",
            "standing IN ('quarantined', 'denied')",
            ["product_id", "id"],
        ),
        (
            "devices_serial_index",
            "serial_number IS NOT NULL",
            ["product_id", "serial_number", "id"],
        ),
        ("devices_imei_index", "imei IS NOT NULL", ["imei"]),
        ("devices_iccid_index", "iccid IS NOT NULL", ["iccid"]),
    ):
        where = sa.text(condition)
        op.create_index(
            name, "devices", columns, sqlite_where=where, postgresql_where=where
        )


def _make_tables() -> None:
    op.create_table(
        "product_ids",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id", name=("product_ids_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "products",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("platform_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("payer_id", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Text(), nullable=True),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("quarantine", Flag(), nullable=False),
        sa.Column("claiming", sa.Text(), nullable=False),
        sa.Column("location_opt_in", Flag(), nullable=False),
        sa.Column("known_application_opt_in", Flag(), nullable=False),
        sa.Column("device_protection", Flag(), server_default=FALSE, nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("device_limit", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=("products_pk")),
        sa.UniqueConstraint("name_key", name=("products_name_key_key")),
        sa.UniqueConstraint("slug", name=("products_slug_key")),
        sa.UniqueConstraint("team_id", name=("products_team_id_key")),
        sqlite_strict=True,
    )
    op.create_index(("products_payer_id_index"), "products", ["payer_id"], unique=False)
    op.create_index(
        ("products_organization_id_index"),
        "products",
        ["organization_id"],
        unique=False,
    )
    op.create_table(
        "product_counts",
        sa.Column("product_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("members", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "quarantined", sa.Integer(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column(
            "reserved", sa.Integer(), server_default=sa.text("0"), nullable=False
        ),
        sa.PrimaryKeyConstraint("product_id", name=("product_counts_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "account_counts",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("sandbox", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=("account_counts_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "organizations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=("organizations_pk")),
        sa.UniqueConstraint("slug", name=("organizations_slug_key")),
        sqlite_strict=True,
    )
    op.create_table(
        "team_members",
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=("team_members_account_id_fk"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("team_id", "account_id", name=("team_members_pk")),
        sqlite_strict=True,
    )
    op.create_index(
        ("team_members_account_id_index"), "team_members", ["account_id"], unique=False
    )
    op.create_table(
        "team_invitations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("invited_by", sa.Text(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=("team_invitations_pk")),
        sqlite_strict=True,
    )
    op.create_index(
        ("team_invitations_team_id_username_index"),
        "team_invitations",
        ["team_id", "username"],
        unique=True,
    )
    op.create_index(
        ("team_invitations_expires_at_index"),
        "team_invitations",
        ["expires_at"],
        unique=False,
    )
    op.create_table(
        "api_users",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("friendly_name", sa.Text(), nullable=False),
        sa.Column("scopes", Document(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=("api_users_pk")),
        sa.UniqueConstraint("token_hash", name=("api_users_token_hash_key")),
        sa.UniqueConstraint("username", name=("api_users_username_key")),
        sqlite_strict=True,
    )
    op.create_index(("api_users_team_id_index"), "api_users", ["team_id"], unique=False)
    op.create_table(
        "product_clients",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("redirect_uri", sa.Text(), nullable=True),
        sa.Column("scope", sa.Text(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=("product_clients_pk")),
        sqlite_strict=True,
    )
    op.create_index(
        ("product_clients_product_id_index"),
        "product_clients",
        ["product_id"],
        unique=False,
    )
    op.create_table(
        "product_tokens",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("hash", name=("product_tokens_pk")),
        sqlite_strict=True,
    )
    op.create_index(
        ("product_tokens_client_id_index"),
        "product_tokens",
        ["client_id"],
        unique=False,
    )
    op.create_index(
        ("product_tokens_expires_at_index"),
        "product_tokens",
        ["expires_at"],
        unique=False,
    )
    op.create_index(
        ("product_tokens_product_id_index"),
        "product_tokens",
        ["product_id"],
        unique=False,
    )
    op.create_table(
        "groups",
        sa.Column("product_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("color", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("product_id", "name", name=("groups_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "group_members",
        sa.Column("product_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("group_name", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "product_id", "group_name", "device_id", name=("group_members_pk")
        ),
        sqlite_strict=True,
    )
    op.create_index(
        ("group_members_product_id_device_id_group_name_index"),
        "group_members",
        ["product_id", "device_id", "group_name"],
        unique=False,
    )
    op.create_table(
        "exclusions",
        sa.Column("product_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("product_id", "device_id", name=("exclusions_pk")),
        sqlite_strict=True,
    )
    op.create_index(
        ("exclusions_device_id_index"), "exclusions", ["device_id"], unique=False
    )
    op.create_table(
        "imports",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("dry_run", Flag(), nullable=False),
        sa.Column("claim_for", sa.Text(), nullable=True),
        sa.Column("visible_products", Document(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("reached", sa.Text(), nullable=False),
        sa.Column("counts", Document(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.Column("refusal", Document(), nullable=True),
        sa.Column("effect", Document(), nullable=True),
        sa.Column("lease", sa.Text(), nullable=True),
        sa.Column("leased_until", Instant(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=("imports_pk")),
        sqlite_strict=True,
    )
    op.create_index(
        ("imports_product_id_created_at_index"),
        "imports",
        ["product_id", "created_at"],
        unique=False,
    )
    op.create_index(
        "imports_unfinished_index",
        "imports",
        ["created_at"],
        unique=False,
        sqlite_where=sa.text("finished_at IS NULL"),
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.create_table(
        "import_pages",
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("texts", Document(), nullable=False),
        sa.Column("device_ids", Document(), nullable=False),
        sa.Column("outcomes", Document(), nullable=True),
        sa.PrimaryKeyConstraint("import_id", "number", name=("import_pages_pk")),
        sqlite_strict=True,
    )
    op.create_table(
        "import_parts",
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("device_ids", Document(), nullable=False),
        sa.Column("lines", Document(), nullable=False),
        sa.Column("outcomes", Document(), nullable=True),
        sa.PrimaryKeyConstraint("import_id", "number", name=("import_parts_pk")),
        sqlite_strict=True,
    )
