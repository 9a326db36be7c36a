"""Cases of the tables about one device: claiming, transfer, limits, names, keys."""

from tests.rules.cases import (
    FIRST_CONTACTS,
    OWNERS,
    ROOM,
    STANDINGS,
    YES_NO,
    Case,
    Values,
)

from cyan.model.products import Plan
from cyan.rules.claiming import (
    ClaimFacts,
    Membership,
    Ownership,
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
from cyan.rules.limits import CountFacts, count_toward, has_room
from cyan.rules.naming import NameFacts, decide_name
from cyan.rules.transfer import TransferAnswerFacts, decide_transfer_answer

LAMP = "0123456789abcdef01234567"
MEMBERSHIPS: Values = {each.value: [each] for each in Membership}
PLANS: Values = {"none": [None], **{each.value: [each] for each in Plan}}


def ask_claim(
    ownership: Ownership, membership: Membership, *rest: bool | tuple[int, int]
) -> object:
    *flags, room = rest
    assert isinstance(room, tuple)
    return decide_claim(ClaimFacts(ownership, membership, *flags, *room))


def ask_key_upload(
    ownership: Ownership, operator: bool, manager: bool, *rest: object
) -> object:
    member, online, first_contact = rest
    return decide_key_upload(
        KeyUploadFacts(ownership, operator, online, first_contact, member, manager)
    )


def ask_room(limit: int, more: int, beyond: int) -> bool:
    return has_room(max(0, limit + beyond - more), limit, more)


CASES = {
    "claiming.decide_claim": Case(
        {
            "Owner": OWNERS,
            "Member of": MEMBERSHIPS,
            "Known here": YES_NO,
            "Online": YES_NO,
            "Transfer asked": YES_NO,
            "Your sandbox": ROOM,
        },
        ask_claim,
    ),
    "claiming.decide_unclaim": Case(
        {"Owner": OWNERS, "Operator": YES_NO, "Manager": YES_NO},
        lambda *facts: decide_unclaim(UnclaimFacts(*facts)),
    ),
    "features.decide_features": Case(
        {"Owned": YES_NO, "Standing": STANDINGS},
        lambda *facts: decide_features(FeatureFacts(*facts)),
    ),
    "features.decide_reach": Case(
        {"Owned": YES_NO, "Standing": STANDINGS, "Online": YES_NO},
        lambda owned, standing, online: decide_reach(
            ReachFacts(FeatureFacts(owned, standing), online)
        ),
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
    "limits.count_toward": Case(
        {"Claimed": YES_NO, "Product's plan": PLANS, "Owner's product": YES_NO},
        lambda *facts: count_toward(CountFacts(*facts)),
    ),
    "limits.has_room": Case(
        {
            "Limit": {"none": [0], "some": [12_000, 20_000]},
            "Devices to add": {"none": [0, -1], "some": [1, 12_000]},
            "Then": {"below it": [-1], "at it": [0], "over it": [1, 900]},
        },
        ask_room,
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
            "Manager": YES_NO,
            "Member": YES_NO,
            "Online": YES_NO,
            "First contact": FIRST_CONTACTS,
        },
        ask_key_upload,
    ),
}
