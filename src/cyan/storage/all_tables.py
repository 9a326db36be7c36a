"""All tables together: what a schema is compared with, and what a backup holds."""

from cyan.storage import product_tables
from cyan.storage.tables import metadata

__all__ = ["metadata", "product_tables"]
