"""${message}."""

import sqlalchemy as sa
from alembic import op

from cyan.storage.columns import Document, Flag, Instant

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}
