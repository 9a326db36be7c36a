"""How the tables of docs/rules are asked: what a case is, and words of several."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cyan.model.devices import Standing
from cyan.model.settings import FirstContact
from cyan.rules.claiming import Ownership

Values = Mapping[str, Sequence[Any]]
"""The words of a column, and what stands for each: the boundaries of a number."""


@dataclass(frozen=True)
class Case:
    """How a table is asked: what its words stand for, and the function."""

    columns: Mapping[str, Values]
    ask: Callable[..., object]


YES_NO: Values = {"yes": [True], "no": [False]}
OWNERS: Values = {owner.value: [owner] for owner in Ownership}
STANDINGS: Values = {"none": [None], **{each.value: [each] for each in Standing}}
FIRST_CONTACTS: Values = {each.value: [each] for each in FirstContact}
ROOM: Values = {
    "no limit": [(0, 0), (100, 0), (5000, 0)],
    "room": [(0, 100), (99, 100), (0, 1)],
    "full": [(100, 100), (101, 100), (1, 1)],
}
