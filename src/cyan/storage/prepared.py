"""A statement compiled for one database: text, order of values, conversions."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import Insert
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler

from cyan.storage.statements import Statement

N = TypeVar("N")
Convert = Callable[[Any], Any] | None


class Prepared(Generic[N]):
    """Made once per statement and dialect; used for every run of it."""

    __slots__ = ("_defaults", "_former", "_from_row", "_noun", "_to_values", "text")

    def __init__(self, statement: Statement[N], dialect: Dialect) -> None:
        sql = statement.sql
        if isinstance(sql, Insert) and not sql._returning:  # noqa: SLF001 - no public way
            sql = sql.inline()  # else PostgreSQL returns keys that nobody asked for
        compiled = sql.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)
        self.text = str(compiled)
        if "POSTCOMPILE" in self.text:
            raise TypeError(f"lists of values cannot be compiled once: {self.text}")
        self._noun = statement.noun
        self._former: Sequence[Any] | None = None
        self._defaults = {
            name: bind.value
            for bind, name in compiled.bind_names.items()
            if not bind.required
        }
        self._to_values: list[tuple[str, Convert]] = [
            (
                name,
                compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect),
            )
            for name in compiled.positiontup or ()
        ]
        from_row: list[Convert] = [
            column.type.dialect_impl(dialect).result_processor(dialect, None)
            for column in _returned(compiled)
        ]
        self._from_row = [
            (index, convert) for index, convert in enumerate(from_row) if convert
        ]

    def values(self, given: dict[str, Any]) -> list[Any]:
        """Named values, in the order and form that the driver wants."""
        if self._defaults:
            given = {**self._defaults, **given}
        return [
            given[name] if convert is None else convert(given[name])
            for name, convert in self._to_values
        ]

    def nouns(self, rows: Iterable[Sequence[Any]]) -> list[N]:
        """A driver's rows as nouns.

        Where nothing is found, the last row that was is read again, for nothing: else
        a stranger could tell by the time what exists.
        """
        found = []
        for row in rows:
            found.append(self._read(row))
            self._former = row
        if not found and self._former is not None:
            self._read(self._former)
        return found

    def _read(self, row: Sequence[Any]) -> N:
        values = list(row)
        for index, convert in self._from_row:
            if (value := values[index]) is not None:
                values[index] = convert(value)
        noun: N = self._noun(*values)
        return noun


def _returned(compiled: SQLCompiler) -> Sequence[Any]:
    if compiled.effective_returning:
        return list(compiled.effective_returning)
    selected = getattr(compiled.statement, "selected_columns", ())
    return list(selected)


class Preparer:
    """Prepares each statement for one dialect the first time it is met."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._prepared: dict[Statement[Any], Prepared[Any]] = {}

    def __call__(self, statement: Statement[N]) -> Prepared[N]:
        """The statement as this dialect runs it."""
        prepared = self._prepared.get(statement)
        if prepared is None:
            prepared = Prepared(statement, self._dialect)
            self._prepared[statement] = prepared
        return prepared
