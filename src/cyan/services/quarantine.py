"""Quarantine: approve a device that waits, or deny it, by saying what it shall be.

The same as adding its Device ID, or removing it with a denial, in the transaction of
whoever asks for it. See docs/rules/membership.md.
"""

from dataclasses import dataclass

from cyan.interfaces import Tx, World
from cyan.model.decisions import RefusalCode, Refuse, Refused, refused
from cyan.model.devices import Device
from cyan.model.products import LineOutcome, Product
from cyan.rules.additions import (
    AdditionFacts,
    Belongs,
    Named,
    Owner,
    decide_addition,
    match_platform,
)
from cyan.rules.authority import Action
from cyan.rules.departures import Deny
from cyan.rules.quarantine import Approve, Keep, StandingFacts, decide_standing
from cyan.services.membership import Joiner, added_to_count, deny, join
from cyan.services.products import require_room


@dataclass(frozen=True, slots=True)
class SetStanding:
    """What a device shall be in its product; None where nothing is said of it."""

    quarantined: bool | None
    denied: bool | None

    @property
    def action(self) -> Action:
        """What it takes: as much as a removal, an addition, or any change."""
        if self.denied:
            return Action.DEVICES_REMOVE
        if self.quarantined is False:
            return Action.DEVICES_IMPORT
        return Action.DEVICES_UPDATE


async def set_standing(
    tx: Tx, world: World, product: Product, device: Device, wish: SetStanding
) -> None:
    """Approve or deny a device of a product, or leave it as it is (MEM-8, MEM-9)."""
    facts = StandingFacts(device.standing, wish.quarantined, wish.denied)
    decision = decide_standing(facts)
    match decision:
        case Refuse():
            raise Refused(decision)
        case Approve():
            await _approve(tx, world, product, device)
        case Deny():
            await deny(tx, device, world.clock.now())
        case Keep():
            pass


async def _approve(tx: Tx, world: World, product: Product, device: Device) -> None:
    """A device that waits joins, as if its Device ID were added (MEM-4, LIM-5)."""
    line = decide_addition(
        AdditionFacts(
            named=Named.KNOWN,
            unknown_welcome=True,
            platform=match_platform(device.platform_id, product.platform_id),
            belongs=Belongs.WAITS_HERE,
            owner=Owner.OUTSIDER,  # the strictest: nobody's owner has a say (MEM-8)
            protected=device.protected and not product.device_protection,
        )
    )
    if not line.joins:
        code = _IN_THE_WAY[line.outcome]
        raise refused(code, line.reason, rule=line.rule, remedy=line.remedy)
    more = added_to_count(product, device.owner_id)
    await require_room(tx, world, product, more)
    await join(tx, product, [Joiner.of(device)], world.clock.now())


_IN_THE_WAY = {
    LineOutcome.WRONG_PLATFORM: RefusalCode.WRONG_PLATFORM,
    LineOutcome.PROTECTED: RefusalCode.DEVICE_PROTECTED,
}
"""What may keep a device out that waits."""
