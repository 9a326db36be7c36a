"""The tables of products: their teams, their lists, their imports."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, text

from cyan.model.accounts import ClientKind
from cyan.model.identifiers import DeviceID
from cyan.model.products import (
    Claiming,
    ExclusionKind,
    ImportState,
    Plan,
    TeamRole,
)
from cyan.storage.columns import Document, Flag, Instant, Named
from cyan.storage.tables import metadata

product_ids = Table(
    "product_ids",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    sqlite_strict=True,
)

products = Table(
    "products",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("platform_id", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False, unique=True),
    Column("slug", Text, nullable=False, unique=True),
    Column("description", Text, nullable=False),
    Column("payer_id", Text, nullable=False, index=True),
    Column("organization_id", Text, index=True),
    Column("team_id", Text, nullable=False, unique=True),
    Column("quarantine", Flag, nullable=False),
    Column("claiming", Named(Claiming), nullable=False),
    Column("location_opt_in", Flag, nullable=False),
    Column("known_application_opt_in", Flag, nullable=False),
    Column("device_protection", Flag, nullable=False, server_default=text("FALSE")),
    Column("plan", Named(Plan), nullable=False),
    Column("device_limit", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    sqlite_strict=True,
)

product_counts = Table(
    "product_counts",
    metadata,
    Column("product_id", Integer, primary_key=True, autoincrement=False),
    Column("members", Integer, nullable=False, server_default=text("0")),
    Column("quarantined", Integer, nullable=False, server_default=text("0")),
    Column("reserved", Integer, nullable=False, server_default=text("0")),
    sqlite_strict=True,
)

account_counts = Table(
    "account_counts",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("sandbox", Integer, nullable=False, server_default=text("0")),
    sqlite_strict=True,
)

organizations = Table(
    "organizations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("slug", Text, nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
    sqlite_strict=True,
)

team_members = Table(
    "team_members",
    metadata,
    Column("team_id", Text, primary_key=True),
    Column(
        "account_id",
        Text,
        ForeignKey("accounts.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
    Column("role", Named(TeamRole), nullable=False),
    Column("since", Instant, nullable=False),
    sqlite_strict=True,
)

team_invitations = Table(
    "team_invitations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("team_id", Text, nullable=False),
    Column("username", Text, nullable=False),
    Column("role", Named(TeamRole), nullable=False),
    Column("invited_by", Text, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Index(None, "team_id", "username", unique=True),
    sqlite_strict=True,
)

api_users = Table(
    "api_users",
    metadata,
    Column("id", Text, primary_key=True),
    Column("team_id", Text, nullable=False, index=True),
    Column("username", Text, nullable=False, unique=True),
    Column("friendly_name", Text, nullable=False),
    Column("scopes", Document, nullable=False),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
    sqlite_strict=True,
)

product_clients = Table(
    "product_clients",
    metadata,
    Column("id", Text, primary_key=True),
    Column("product_id", Integer, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("kind", Named(ClientKind), nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("redirect_uri", Text),
    Column("scope", Text),
    Column("created_at", Instant, nullable=False),
    sqlite_strict=True,
)

product_tokens = Table(
    "product_tokens",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("product_id", Integer, nullable=False, index=True),
    Column("client_id", Text, nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, index=True),
    sqlite_strict=True,
)

groups = Table(
    "groups",
    metadata,
    Column("product_id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    Column("description", Text, nullable=False),
    Column("color", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    sqlite_strict=True,
)

group_members = Table(
    "group_members",
    metadata,
    Column("product_id", Integer, primary_key=True, autoincrement=False),
    Column("group_name", Text, primary_key=True),
    Column("device_id", Named(DeviceID), primary_key=True),
    Index(None, "product_id", "device_id", "group_name"),
    sqlite_strict=True,
)

exclusions = Table(
    "exclusions",
    metadata,
    Column("product_id", Integer, primary_key=True, autoincrement=False),
    Column("device_id", Named(DeviceID), primary_key=True),
    Column("kind", Named(ExclusionKind), nullable=False),
    Column("at", Instant, nullable=False),
    Index(None, "device_id"),
    sqlite_strict=True,
)

imports = Table(
    "imports",
    metadata,
    Column("id", Text, primary_key=True),
    Column("product_id", Integer, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("username", Text, nullable=False),
    Column("state", Named(ImportState), nullable=False),
    Column("dry_run", Flag, nullable=False),
    Column("claim_for", Text),
    Column("visible_products", Document, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("part", Integer, nullable=False),
    Column("reached", Text, nullable=False),
    Column("counts", Document, nullable=False),
    Column("reserved", Integer, nullable=False),
    Column("refusal", Document),
    Column("effect", Document),
    Column("lease", Text),
    Column("leased_until", Instant),
    Column("created_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Index(None, "product_id", "created_at"),
    Index(
        "imports_unfinished_index",
        "created_at",
        sqlite_where=text("finished_at IS NULL"),
        postgresql_where=text("finished_at IS NULL"),
    ),
    sqlite_strict=True,
)

# Millions of lines are a few hundred rows, each of which holds lists of equal length.
# As rows of their own, in either order, they cost more than the devices they name.
import_pages = Table(
    "import_pages",
    metadata,
    Column("import_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("texts", Document, nullable=False),  # null where it is the Device ID itself
    Column("device_ids", Document, nullable=False),  # "" where none is named
    Column("outcomes", Document),
    sqlite_strict=True,
)

import_parts = Table(
    "import_parts",
    metadata,
    Column("import_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("device_ids", Document, nullable=False),
    Column("lines", Document, nullable=False),
    Column("outcomes", Document),
    sqlite_strict=True,
)
