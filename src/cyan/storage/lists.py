"""Lists of values in statements that are compiled once.

A list travels as one value: an array on PostgreSQL, the text of a JSON array on
SQLite. `among` tests for membership; `values_in` and `pairs_in` make rows of it.
"""

import json
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Text, TypeDecorator, bindparam
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine


class TextList(TypeDecorator[Any]):
    """A list of texts."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """An array where there are arrays."""
        return ARRAY(Text()) if dialect.name == "postgresql" else Text()

    def bind_processor(self, dialect: Dialect) -> Any:
        """As the driver wants it."""
        return list if dialect.name == "postgresql" else _dumps


class PairList(TypeDecorator[Any]):
    """A list of pairs of texts, the second of which may be None."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """JSON on both."""
        return JSONB() if dialect.name == "postgresql" else Text()

    def bind_processor(self, dialect: Dialect) -> Any:
        """The connection of PostgreSQL speaks JSON itself."""
        return None if dialect.name == "postgresql" else _dumps


def _dumps(value: Any) -> str:
    return json.dumps(list(value))


class _Among(ColumnElement[bool]):
    inherit_cache = False
    type = Boolean()
    _is_implicitly_boolean = True  # else SQLite tests it for "= 1", past every index

    def __init__(self, column: Any, values: Any, *, few: bool) -> None:
        self.column = column
        self.values = values
        self.few = few


@compiles(_Among, "postgresql")
def _among_postgres(element: _Among, compiler: Any, **more: Any) -> str:
    # `= ANY` is planned by what the list holds, but a long one may be planned as a scan
    # which compares each row with each value.
    column = compiler.process(element.column, **more)
    values = compiler.process(element.values, **more)
    if element.few:
        return f"{column} = ANY({values})"
    return f"{column} IN (SELECT unnest({values}))"


@compiles(_Among, "sqlite")
def _among_sqlite(element: _Among, compiler: Any, **more: Any) -> str:
    column = compiler.process(element.column, **more)
    values = compiler.process(element.values, **more)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - compiled


def among(column: Any, name: str) -> Any:
    """Whether a column's value is in the list of this name."""
    return _Among(column, bindparam(name, type_=TextList()), few=False)


def among_few(column: Any, name: str) -> Any:
    """The same of a list that is always short."""
    return _Among(column, bindparam(name, type_=TextList()), few=True)


class _ValuesIn(FunctionElement[Any]):
    inherit_cache = False
    name = "values_in"


@compiles(_ValuesIn, "postgresql")
def _values_postgres(element: _ValuesIn, compiler: Any, **more: Any) -> str:
    return f"unnest({compiler.process(element.clauses, **more)})"


@compiles(_ValuesIn, "sqlite")
def _values_sqlite(element: _ValuesIn, compiler: Any, **more: Any) -> str:
    values = compiler.process(element.clauses, **more)
    return f"(SELECT value FROM json_each({values}))"  # noqa: S608 - compiled


def values_in(name: str) -> Any:
    """The texts of a list, as a column of rows."""
    listed = _ValuesIn(bindparam(name, type_=TextList()))
    return listed.column_valued("value")


class _PairsIn(FunctionElement[Any]):
    inherit_cache = False
    name = "pairs_in"


@compiles(_PairsIn, "postgresql")
def _pairs_postgres(element: _PairsIn, compiler: Any, **more: Any) -> str:
    pairs = compiler.process(element.clauses, **more)
    rows = f"jsonb_array_elements({pairs}) WITH ORDINALITY AS listed(pair, place)"
    columns = "(place - 1)::integer AS place, pair ->> 0 AS first, pair ->> 1 AS second"
    return f"(SELECT {columns} FROM {rows})"  # noqa: S608 - compiled


@compiles(_PairsIn, "sqlite")
def _pairs_sqlite(element: _PairsIn, compiler: Any, **more: Any) -> str:
    pairs = compiler.process(element.clauses, **more)
    columns = "key AS place, value ->> 0 AS first, value ->> 1 AS second"
    return f"(SELECT {columns} FROM json_each({pairs}))"  # noqa: S608 - compiled


def pairs_in(name: str) -> Any:
    """The pairs of a list as rows: `place` from 0, `first`, `second`."""
    listed = _PairsIn(bindparam(name, type_=PairList()))
    return listed.table_valued("place", "first", "second", name="pairs")
