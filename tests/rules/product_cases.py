"""Cases of the tables about products: who joins and leaves, and what they are."""

from typing import Any

from tests.rules.cases import STANDINGS, YES_NO, Case, Values

from cyan.model.products import ExclusionKind, TeamRole
from cyan.rules.additions import (
    AdditionFacts,
    Belongs,
    Named,
    Owner,
    PlatformMatch,
    decide_addition,
)
from cyan.rules.departures import DepartureFacts, decide_departure
from cyan.rules.groups import decide_group
from cyan.rules.membership import (
    Generation,
    HelloFacts,
    Listed,
    Reported,
    decide_membership,
    generation_of,
    listed_of,
    reported_of,
)
from cyan.rules.products import NewProductFacts, decide_product, decide_removal
from cyan.rules.quarantine import StandingFacts, decide_standing
from cyan.rules.teams import RoleChangeFacts, decide_api_user, decide_role_change

PHOTON, BORON = 6, 13
DESCRIPTIONS: Values = {"fits": ["", "x" * 1000], "too long": ["x" * 1001]}
SAID: Values = {"not said": [None], **YES_NO}
OTHER_ROLES = [role for role in TeamRole if role is not TeamRole.OWNER]


def ask_membership(listed: Listed, safe_mode: bool, *rest: Any) -> object:
    generation, reported, exclusion, auto_approve, room = rest
    return decide_membership(
        HelloFacts(
            listed, generation, reported, exclusion, auto_approve, room, safe_mode
        )
    )


def ask_addition(
    named: Named, unknown_welcome: bool, platform: PlatformMatch, *rest: Any
) -> object:
    return decide_addition(AdditionFacts(named, unknown_welcome, platform, *rest))


def ask_product(
    platform_id: int, wanted: tuple[int | None, bool], *texts: Any
) -> object:
    name, name_used, description = texts
    return decide_product(
        NewProductFacts(platform_id, name, description, *wanted, name_used)
    )


CASES = {
    "membership.generation_of": Case(
        {
            "Device OS": {
                "not told": [None],
                "older than 1.5.0": [11, 1499],
                "1.5.0 to 3.x": [1500, 1512, 3999],
                "from 4.0.0": [4000, 6200],
            }
        },
        generation_of,
    ),
    "membership.reported_of": Case(
        {
            "The Product ID is": {
                "not told": [(None, PHOTON, None), (None, None, None)],
                "0": [(0, PHOTON, None)],
                "65535": [(65535, PHOTON, None)],
                "the number of its platform": [(PHOTON, PHOTON, None)],
                "of no product here": [(1001, PHOTON, None), (BORON, PHOTON, None)],
                "of a product of its platform": [(1001, PHOTON, PHOTON)],
                "of another platform's product": [
                    (1001, PHOTON, BORON),
                    (1001, None, BORON),
                ],
            }
        },
        lambda told: reported_of(*told),
    ),
    "membership.listed_of": Case(
        {
            "On the list of": {
                "no product": [(None, PHOTON), (None, None)],
                "a product of its platform": [(PHOTON, PHOTON)],
                "a product, its platform is not told": [(PHOTON, None)],
                "a product of another platform": [(BORON, PHOTON)],
            }
        },
        lambda platforms: listed_of(*platforms),
    ),
    "membership.decide_membership": Case(
        {
            "Listed": {each.value: [each] for each in Listed},
            "Safe mode": YES_NO,
            "Device OS": {each.value: [each] for each in Generation},
            "Firmware names": {each.value: [each] for each in Reported},
            "Remembered as": {
                "nothing": [None],
                **{each.value: [each] for each in ExclusionKind},
            },
            "Auto-approve": YES_NO,
            "Room": YES_NO,
        },
        ask_membership,
    ),
    "additions.decide_addition": Case(
        {
            "It names": {each.value: [each] for each in Named},
            "First contact": {"first-use": [True], "registered": [False]},
            "Its platform": {each.value: [each] for each in PlatformMatch},
            "It is": {each.value: [each] for each in Belongs},
            "Owner": {each.value: [each] for each in Owner},
            "Protected": YES_NO,
        },
        ask_addition,
    ),
    "departures.decide_departure": Case(
        {"Standing": STANDINGS, "Deny": YES_NO, "Owned": YES_NO},
        lambda *facts: decide_departure(DepartureFacts(*facts)),
    ),
    "quarantine.decide_standing": Case(
        {"Standing": STANDINGS, "Quarantined": SAID, "Denied": SAID},
        lambda *facts: decide_standing(StandingFacts(*facts)),
    ),
    "products.decide_product": Case(
        {
            "Platform": {
                "for products": [PHOTON, BORON, 43],
                "not for products": [0, 14, 31],
                "unknown": [1, 999],
            },
            "Number": {
                "none": [(None, False)],
                "free": [(1, False), (1001, False), (65534, False)],
                "out of range": [(number, False) for number in (-1, 0, 65535, 65536)],
                "a platform's": [(PHOTON, False), (14, False)],
                "used": [(1001, True), (65534, True)],
            },
            "Name": {
                "usable": ["x", "Pumps", "x" * 100, "Pumps, Größe 2"],
                "empty": [""],
                "too long": ["x" * 101],
                "invisible characters": ["two\nlines", "\0"],
                "nothing of an address": ["---", "\N{FIRE}"],
                "just a number": ["1001"],
            },
            "Name used": YES_NO,
            "Description": DESCRIPTIONS,
        },
        ask_product,
    ),
    "products.decide_removal": Case(
        {"Members": {"none": [0], "some": [1, 12_000]}}, decide_removal
    ),
    "groups.decide_group": Case(
        {
            "Name": {
                "usable": ["a", "x" * 64, "wave-1_b"],
                "not usable": ["", "x" * 65, "Wave", "wave 1", "größe", "a\n"],
            },
            "Color": {
                "six digits": ["#00AEEF", "00aeef"],
                "something else": ["", "red", "#00AEE", "#00AEEF0"],
            },
            "Description": DESCRIPTIONS,
        },
        decide_group,
    ),
    "teams.decide_role_change": Case(
        {
            "Role now": {
                "none": [None],
                "Owner": [TeamRole.OWNER],
                "another": OTHER_ROLES,
            },
            "Role wanted": {
                "none": [None],
                "Owner": [TeamRole.OWNER],
                "another": OTHER_ROLES,
            },
            "Asked by the owner": YES_NO,
        },
        lambda *facts: decide_role_change(RoleChangeFacts(*facts)),
    ),
    "teams.decide_api_user": Case(
        {
            "Name": {
                "usable": ["x", "x" * 100],
                "not usable": ["", "x" * 101, "two\nlines"],
            },
            "Scopes": {
                "none": [[]],
                "known": [["devices:list"], ["devices:list", "firmware:get"]],
                "one unknown": [["devices:list", "devices:everything"]],
            },
        },
        decide_api_user,
    ),
}
