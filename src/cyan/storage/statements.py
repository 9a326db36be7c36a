"""What a statement is, and the few forms that most of them have."""

from dataclasses import dataclass, fields
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import (
    ClauseElement,
    Delete,
    Insert,
    Select,
    Table,
    bindparam,
    delete,
    insert,
    select,
)

N = TypeVar("N")
N_co = TypeVar("N_co", covariant=True)


@dataclass(frozen=True, eq=False)
class Statement(Generic[N]):
    """Something to run; `noun` is called with a row's columns, in order."""

    sql: ClauseElement
    noun: Any


class Runner(Protocol):
    """Runs one statement in one transaction; rows become nouns."""

    async def __call__(self, statement: Statement[N], /, **values: Any) -> list[N]:
        """Run it with named values; `Conflict` and `StoreError` as the store says."""


def columns_of(table: Table, noun: type[Any]) -> list[Any]:
    """The columns of a table in the order of a noun's fields."""
    return [table.c[field.name] for field in fields(noun)]


def choose(table: Table, noun: type[Any]) -> "Select[Any]":
    """Select a table's rows as nouns."""
    return select(*columns_of(table, noun))


def insert_noun(table: Table, noun: type[Any]) -> "Statement[None]":
    """Insert a noun, each field into the column of its name."""
    return Statement(into(table, *(field.name for field in fields(noun))), None)


def into(table: Table, *names: str) -> Insert:
    """Insert values by column name."""
    return insert(table).values({name: bindparam(name) for name in names})


def delete_where(table: Table, *names: str) -> Delete:
    """Delete the rows whose columns have the values of the same names."""
    statement = delete(table)
    for name in names:
        statement = statement.where(table.c[name] == bindparam(name))
    return statement


def values_of(noun: Any) -> dict[str, Any]:
    """A noun's fields by name, as `insert_noun` wants them."""
    return {field.name: getattr(noun, field.name) for field in fields(noun)}


def first(found: list[N]) -> N | None:
    """The only row, if there is one."""
    return found[0] if found else None
