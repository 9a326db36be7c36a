"""The pages of docs/rules, executed: no combination of facts without its line."""

import inspect
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pytest
from tests.support.decision_tables import Table, combinations, read_pages

from cyan.model.decisions import Refuse
from cyan.model.events import Audience, Event
from cyan.model.identifiers import DeviceID
from cyan.model.settings import FirstContact
from cyan.rules.claiming import (
    ClaimFacts,
    Ownership,
    ReleaseOwnership,
    UnclaimFacts,
    decide_claim,
    decide_unclaim,
)
from cyan.rules.features import (
    FeatureFacts,
    ReachFacts,
    decide_features,
    decide_reach,
)
from cyan.rules.keys import (
    FirstKeyFacts,
    KeyUploadFacts,
    decide_first_key,
    decide_key_upload,
)
from cyan.rules.limits import sandbox_has_room
from cyan.rules.metering import cost_of_event
from cyan.rules.naming import NameFacts, SetName, decide_name
from cyan.rules.publishing import (
    DevicePublishFacts,
    PublishFacts,
    SendOn,
    decide_device_publish,
    decide_publish,
)
from cyan.rules.routing import audience_of, device_hears, hears
from cyan.rules.transfer import TransferAnswerFacts, decide_transfer_answer

Values = Mapping[str, Sequence[Any]]
"""The words of a column, and what stands for each: the boundaries of a number."""


@dataclass(frozen=True)
class Case:
    """How a table is asked: what its words stand for, and the function."""

    columns: Mapping[str, Values]
    ask: Callable[..., object]


YES_NO: Values = {"yes": [True], "no": [False]}
OWNERS: Values = {owner.value: [owner] for owner in Ownership}
FIRST_CONTACTS: Values = {each.value: [each] for each in FirstContact}
ROOM: Values = {
    "no limit": [(0, 0), (100, 0), (5000, 0)],
    "room": [(0, 100), (99, 100), (0, 1)],
    "full": [(100, 100), (101, 100), (1, 1)],
}
NAMES: Values = {
    "empty": [""],
    "too long": ["t" * 65, "é" * 33],
    "invisible characters": ["two\nlines", "bell\a", "zero\N{ZERO WIDTH SPACE}width"],
    "ordinary": ["t", "t" * 64, "é" * 32, "room/lamp", "Spark", "spar", "🔥"],
    "news": ["spark/device/last_reset", "particle/device/updates/enabled"],
    "question": ["spark/device/name", "particle/device/ip", "spark/device/random"],
    "for the cloud": ["spark/device/claim/code", "spark/device/safemode"],
    "other reserved": ["spark", "sparkling", "particle", "spark/device/reset"],
}
DATA_SIZES: Values = {"fits": [0, 1, 1024], "too much": [1025, 100_000]}
PREFIXES: Values = {
    "any beginning": [lambda name: ""],
    "its beginning": [lambda name: name[:1], lambda name: name[:-1]],
    "its name": [lambda name: name],
    "another beginning": [lambda name: name[1:], lambda name: name.upper()],
    "a longer name": [lambda name: f"{name}2"],
}
LAMP = DeviceID("0123456789abcdef01234567")
FAN = DeviceID("fedcba9876543210fedcba98")
SOURCES: Values = {"every": [None], "its source": [LAMP], "another": [FAN]}


def event(name: str) -> Event:
    return Event(name, None, 60, datetime(2026, 11, 1, tzinfo=UTC), LAMP)


def ask_claim(
    ownership: Ownership,
    known: bool,
    online: bool,
    request: bool,
    room: tuple[int, int],
) -> object:
    return decide_claim(ClaimFacts(ownership, known, online, request, *room))


def ask_hears(prefix_of: Callable[[str], str], source: DeviceID | None) -> bool:
    return hears(prefix_of("room/lamp"), source, event("room/lamp"))


def ask_device_hears(
    name: str, prefix_of: Callable[[str], str], source: DeviceID | None
) -> bool:
    return device_hears(prefix_of(name), source, event(name))


CASES = {
    "claiming.decide_claim": Case(
        {
            "Owner": OWNERS,
            "Known here": YES_NO,
            "Online": YES_NO,
            "Transfer asked": YES_NO,
            "Your sandbox": ROOM,
        },
        ask_claim,
    ),
    "claiming.decide_unclaim": Case(
        {"Owner": OWNERS, "Operator": YES_NO},
        lambda owner, operator: decide_unclaim(UnclaimFacts(owner, operator)),
    ),
    "features.decide_features": Case(
        {"Owned": YES_NO}, lambda owned: decide_features(FeatureFacts(owned))
    ),
    "features.decide_reach": Case(
        {"Owned": YES_NO, "Online": YES_NO},
        lambda owned, online: decide_reach(ReachFacts(FeatureFacts(owned), online)),
    ),
    "transfer.decide_transfer_answer": Case(
        {
            "Owner": YES_NO,
            "Open": YES_NO,
            "Expired": YES_NO,
            "Answer": {"approve": [True], "deny": [False]},
            "Requester's sandbox": ROOM,
        },
        lambda owner, pending, expired, approve, room: decide_transfer_answer(
            TransferAnswerFacts(owner, pending, expired, approve, *room)
        ),
    ),
    "limits.sandbox_has_room": Case(
        {
            "Limit": {"none": [0], "some": [1, 100]},
            "Devices owned": {"fewer": [-1], "as many": [0], "more": [1, 900]},
        },
        lambda limit, beyond: sandbox_has_room(max(0, limit + beyond), limit),
    ),
    "naming.decide_name": Case(
        {
            "Wanted": {
                "nothing": [None, "", " \t"],
                "usable": ["a", " lamp ", "x" * 64, "Küche 2", LAMP[:-1]],
                "too long": ["x" * 65],
                "invisible characters": ["two\nlines", "\0", "a\N{ZERO WIDTH SPACE}"],
                "like a Device ID": [LAMP, LAMP.upper(), f" {LAMP} "],
            },
            "Taken": YES_NO,
        },
        lambda wanted, taken: decide_name(NameFacts(wanted, taken)),
    ),
    "keys.decide_first_key": Case(
        {
            "First contact": FIRST_CONTACTS,
            "Device known": YES_NO,
            "Key recorded": {"yes": [b"recorded", b"offered"], "no": [None]},
            "Key offered": {"yes": [b"offered"], "no": [None]},
        },
        lambda *facts: decide_first_key(FirstKeyFacts(*facts)),
    ),
    "keys.decide_key_upload": Case(
        {
            "Owner": OWNERS,
            "Operator": YES_NO,
            "Online": YES_NO,
            "First contact": FIRST_CONTACTS,
        },
        lambda *facts: decide_key_upload(KeyUploadFacts(*facts)),
    ),
    "publishing.decide_publish": Case(
        {"Name": NAMES, "Data": DATA_SIZES},
        lambda name, size: decide_publish(PublishFacts(name, size)),
    ),
    "publishing.decide_device_publish": Case(
        {"Name": NAMES, "Data": DATA_SIZES, "Owned": YES_NO},
        lambda name, size, owned: decide_device_publish(
            DevicePublishFacts(name, size, FeatureFacts(owned))
        ),
    ),
    "routing.audience_of": Case(
        {"Owner": {"nobody": [None], "somebody": ["the owner"]}},
        lambda owner: audience_of(owner, LAMP),
    ),
    "routing.hears": Case(
        {"Name asked for": PREFIXES, "Device asked for": SOURCES}, ask_hears
    ),
    "routing.device_hears": Case(
        {
            "Event": {"ordinary": ["room/lamp"], "reserved": ["spark/status"]},
            "Name asked for": PREFIXES,
            "Device asked for": SOURCES,
        },
        ask_device_hears,
    ),
    "metering.cost_of_event": Case(
        {
            "Event": {
                "ordinary": ["room/lamp", "Spark"],
                "reserved": ["spark/status", "particle", "sparkling"],
            },
            "Bytes of data": {
                "none": [0],
                "up to 1024": [1, 1023, 1024],
                "1025 to 2048": [1025, 2048],
            },
        },
        lambda name, data_bytes: f"{cost_of_event(name, data_bytes)}",
    ),
}


def in_words(decision: object) -> str:
    """A decision as the pages write it."""
    match decision:
        case Refuse(code=code):
            return f"Refuse {code}"
        case ReleaseOwnership(notify_owner=True):
            return "ReleaseOwnership, owner told"
        case SetName(name=None):
            return "SetName none"
        case SendOn(destination=destination):
            return f"SendOn {destination}"
        case Audience(account_ids=heard_by):
            return " and ".join(heard_by) or "nobody"
        case bool():
            return "yes" if decision else "no"
        case str():
            return decision
        case _:
            return type(decision).__name__


TABLES = {table.decider: table for table in read_pages()}


each_table = pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))


def test_every_decision_table_is_executed_and_every_case_has_a_table() -> None:
    assert set(TABLES) == set(CASES)


def test_every_decider_is_a_function_of_the_rules() -> None:
    for decider in TABLES:
        module, name = decider.split(".")
        assert inspect.isfunction(getattr(import_module(f"cyan.rules.{module}"), name))


def test_no_number_of_a_line_is_given_twice() -> None:
    numbers = [line.number for table in TABLES.values() for line in table.lines]
    assert len(numbers) == len(set(numbers))


@each_table
def test_the_columns_and_words_of_a_table_are_known(table: Table) -> None:
    known = CASES[table.decider].columns
    assert list(table.columns) == list(known)
    assert table.unknown_words(known) == set()


@each_table
def test_every_combination_of_facts_has_exactly_one_line(table: Table) -> None:
    for words in combinations(CASES[table.decider].columns):
        numbers = [line.number for line in table.matching(words)]
        assert len(numbers) == 1, (words, numbers)


@each_table
def test_no_line_of_a_table_is_dead(table: Table) -> None:
    every = list(combinations(CASES[table.decider].columns))
    for line in table.lines:
        assert any(line.matches(words) for words in every), line.number


@each_table
def test_the_function_answers_what_the_page_says(table: Table) -> None:
    case = CASES[table.decider]
    for words in combinations(case.columns):
        [line] = table.matching(words)
        values = [case.columns[column][word] for column, word in words.items()]
        for facts in itertools.product(*values):
            decision = case.ask(*facts)
            assert in_words(decision) == line.outcome, (line.number, facts)
            assert getattr(decision, "rule", line.rule) == line.rule, facts


@each_table
def test_every_refusal_has_a_reason_and_a_remedy(table: Table) -> None:
    case = CASES[table.decider]
    for words in combinations(case.columns):
        values = [case.columns[column][word] for column, word in words.items()]
        for facts in itertools.product(*values):
            decision = case.ask(*facts)
            if isinstance(decision, Refuse):
                assert decision.reason
                assert decision.remedy
