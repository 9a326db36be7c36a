"""Rows become nouns, and what is not there takes as long as what is."""

import pytest
from sqlalchemy import bindparam, select
from sqlalchemy.dialects import sqlite

from cyan.storage.prepared import Prepared
from cyan.storage.statements import Statement
from cyan.storage.tables import devices


@pytest.mark.parametrize("rows", [[], [("a",)], [("a",), ("b",)]])
def test_where_nothing_is_found_as_much_is_read_as_where_something_is(
    rows: list[tuple[str]],
) -> None:
    read: list[str] = []

    def noun(device_id: str) -> str:
        read.append(device_id)
        return device_id

    sql = select(devices.c.id).where(devices.c.id == bindparam("wanted"))
    prepared = Prepared(Statement[str](sql, noun), sqlite.dialect())
    assert prepared.nouns([]) == [], "nothing was ever found"
    assert prepared.nouns([("before",)]) == ["before"]
    read.clear()
    assert prepared.nouns(rows) == [each for (each,) in rows]
    assert len(read) == max(1, len(rows))
