"""Column types that read and write alike on SQLite and PostgreSQL."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Integer, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import BOOLEAN, JSONB, TIMESTAMP
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class _Portable(TypeDecorator[Any]):
    """One type on SQLite (``impl``), another on PostgreSQL."""

    cache_ok = True
    postgres: TypeEngine[Any]

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return self.postgres
        return super().load_dialect_impl(dialect)

    def bind_processor(self, dialect: Dialect) -> Any:
        return None if dialect.name == "postgresql" else _some(self.to_sqlite)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        return None if dialect.name == "postgresql" else _some(self.from_sqlite)

    to_sqlite: Callable[[Any], Any]
    from_sqlite: Callable[[Any], Any]


def _some(convert: Any) -> Any:
    return lambda value: None if value is None else convert(value)


class Instant(_Portable):
    """A moment, aware, UTC: timestamptz, or microseconds since 1970."""

    impl = Integer
    postgres = TIMESTAMP(timezone=True)

    @staticmethod
    def to_sqlite(value: datetime) -> int:
        """Microseconds since 1970."""
        return (value - EPOCH) // MICROSECOND

    @staticmethod
    def from_sqlite(value: int) -> datetime:
        """The moment, aware, UTC."""
        return EPOCH + value * MICROSECOND


class Flag(_Portable):
    """A truth: boolean, or 0 and 1."""

    impl = Integer
    postgres = BOOLEAN()
    to_sqlite = staticmethod(int)
    from_sqlite = staticmethod(bool)


class Document(_Portable):
    """JSON: jsonb, or its text."""

    impl = Text
    postgres = JSONB()
    to_sqlite = staticmethod(json.dumps)
    from_sqlite = staticmethod(json.loads)


class Named(TypeDecorator[Any]):
    """Text that becomes a noun of its own when read: an enum, a Device ID."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: type[str]) -> None:
        super().__init__()
        self.kind = kind

    def bind_processor(self, dialect: Dialect) -> Any:
        """Such nouns are texts: they are written as they are."""
        return None

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """Read the text as its noun."""
        return _some(self.kind)
