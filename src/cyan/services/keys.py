"""Replacing a device's public key: by its owner, or for a device of nobody (IDN-8)."""

from cyan.interfaces import Tx, World
from cyan.model.accounts import Actor
from cyan.model.decisions import Refuse, Refused
from cyan.model.devices import Device, KeyChange
from cyan.model.identifiers import DeviceID, MalformedIdentifier
from cyan.rules.authority import Action, may
from cyan.rules.claiming import unknown_device
from cyan.rules.keys import KeyUploadFacts, decide_key_upload
from cyan.services.devices import ownership_of
from cyan.services.products import team_facts


async def record_key(world: World, actor: Actor, wanted: str, key: bytes) -> Device:
    """Record a public key (SPKI DER) for a device; each change is remembered.

    A Device ID that this cloud has never seen becomes known, where the first
    contact is on first use. `Refused` as for an unknown device otherwise.
    """
    at = world.clock.now()
    try:
        device_id = DeviceID.parse(wanted)
    except MalformedIdentifier:
        raise Refused(unknown_device()) from None

    async def body(tx: Tx) -> Device:
        device = await tx.devices.find(device_id)
        member_of = device.member_of if device else None
        product = await tx.products.find(member_of or 0)
        team_ids = product.team_ids if product else ()
        facts = await team_facts(tx, actor, team_ids, member_of)
        decision = decide_key_upload(
            KeyUploadFacts(
                ownership=ownership_of(device, actor),
                operator=actor.operator,
                online=device is not None and device.online,
                first_contact=world.settings.first_contact,
                member=product is not None,
                manager=may(facts, Action.DEVICES_RELEASE) and product is not None,
            )
        )
        if isinstance(decision, Refuse):
            raise Refused(decision)
        await tx.devices.add(device_id, at)
        await tx.devices.set_key(device_id, key)
        await tx.histories.add_key(
            KeyChange(device_id, key, actor.account_id, actor.door, at)
        )
        recorded = await tx.devices.find(device_id)
        assert recorded is not None
        return recorded

    return await world.store.transact(body)
