"""Asking for somebody else's device, and the owner's answer (TRF)."""

from datetime import timedelta

import pytest
from tests.support.people import a_device_of, an_account, find
from tests.support.products import a_product, listed
from tests.support.sign_ins import refusal_of

from cyan.interfaces import World
from cyan.model.accounts import Actor, Door
from cyan.model.decisions import RefusalCode, Refused
from cyan.model.devices import Device, TransferState
from cyan.model.notices import Notice, NoticeKind
from cyan.services.changes import Rename, change_device
from cyan.services.claims import claim_device, unclaim_device
from cyan.services.tickets import present_ticket
from cyan.services.transfers import (
    answer_by_link,
    answer_transfer,
    expire_due,
    list_transfers,
    look_at_link,
)


async def asked(world: World) -> tuple[Actor, Actor, Device, str]:
    """Ann owns a device that Bob asked for: Ann, Bob, the device, the transfer."""
    ann, bob = await an_account(world), await an_account(world, "bob@example.com")
    device = await a_device_of(world, ann)
    await change_device(world, ann, device.id, [Rename("kitchen")])
    outcome = await claim_device(world, bob, device.id, request_transfer=True)
    assert outcome.transfer_id is not None
    return ann, bob, device, outcome.transfer_id


async def notices(world: World) -> list[Notice]:
    far = world.clock.now() + timedelta(days=30)
    return list(await world.store.read(lambda tx: tx.outbox.due(far, 50)))


async def link_of(world: World) -> str:
    (notice,) = [
        each
        for each in await notices(world)
        if each.kind is NoticeKind.TRANSFER_REQUESTED
    ]
    return present_ticket(world, notice.body["ticket_id"])


async def code_of(awaitable) -> RefusalCode:
    with pytest.raises(Refused) as caught:
        await awaitable
    return caught.value.refusal.code


async def test_a_request_is_mailed_and_changes_nothing(world: World) -> None:
    ann, bob, device, _ = await asked(world)
    assert (await find(world, device.id)).owner_id == ann.account_id
    (notice,) = await notices(world)
    assert (notice.kind, notice.recipient) == (
        NoticeKind.TRANSFER_REQUESTED,
        ann.username,
    )
    assert notice.body["requester"] == bob.username


async def test_asking_again_gives_the_same_request_and_no_second_mail(world) -> None:
    _, bob, device, transfer_id = await asked(world)
    again = await claim_device(world, bob, device.id, request_transfer=True)
    assert again.transfer_id == transfer_id
    assert len(await notices(world)) == 1


async def test_approval_changes_the_owner_and_tells_both(world: World) -> None:
    ann, bob, device, transfer_id = await asked(world)
    view = await answer_transfer(world, ann, transfer_id, approve=True)
    assert view.transfer.state is TransferState.APPROVED
    after = await find(world, device.id)
    assert (after.owner_id, after.name) == (bob.account_id, "kitchen")
    told = list(await notices(world))[1:]
    assert {each.recipient for each in told} == {ann.username, bob.username}
    assert {each.kind for each in told} == {NoticeKind.TRANSFER_APPROVED}
    lines = await world.store.read(lambda tx: tx.histories.ownership_of(device.id))
    assert (lines[-1].rule, lines[-1].actor_id) == ("TRF-2", ann.account_id)


async def test_a_name_that_is_taken_gets_a_number(world: World) -> None:
    ann, bob, device, transfer_id = await asked(world)
    own = await a_device_of(world, bob, 2)
    await change_device(world, bob, own.id, [Rename("Kitchen")])
    await answer_transfer(world, ann, transfer_id, approve=True)
    assert (await find(world, device.id)).name == "kitchen-2"  # IDN-6


async def test_denial_keeps_the_owner_and_tells_both(world: World) -> None:
    ann, _, device, transfer_id = await asked(world)
    view = await answer_transfer(world, ann, transfer_id, approve=False)
    assert view.transfer.state is TransferState.DENIED
    assert (await find(world, device.id)).owner_id == ann.account_id
    kinds = [each.kind for each in await notices(world)]
    assert kinds.count(NoticeKind.TRANSFER_DENIED) == 2


async def test_only_the_owner_answers(world: World) -> None:
    _, bob, _, transfer_id = await asked(world)
    no = await code_of(answer_transfer(world, bob, transfer_id, approve=True))
    assert no is RefusalCode.TRANSFER_UNKNOWN


async def test_an_answer_is_final(world: World) -> None:
    ann, _, _, transfer_id = await asked(world)
    await answer_transfer(world, ann, transfer_id, approve=False)
    no = await code_of(answer_transfer(world, ann, transfer_id, approve=True))
    assert no is RefusalCode.TRANSFER_OVER


async def test_opening_the_link_changes_nothing_and_answering_works_once(
    world: World,
) -> None:
    ann, bob, device, _ = await asked(world)
    link = await link_of(world)
    for _ in range(2):
        view = await look_at_link(world, link)
        assert (view.device_name, view.requester) == ("kitchen", bob.username)
    assert (await find(world, device.id)).owner_id == ann.account_id
    await answer_by_link(world, link, approve=True)
    assert (await find(world, device.id)).owner_id == bob.account_id
    lines = await world.store.read(lambda tx: tx.histories.ownership_of(device.id))
    assert lines[-1].door == Door.MAIL_LINK
    no = await code_of(answer_by_link(world, link, approve=True))
    assert no is RefusalCode.LINK_OVER  # TRF-3


@pytest.mark.parametrize("forged", ["", "x", "a.b", "0" * 40 + "." + "0" * 40])
async def test_a_forged_link_opens_nothing(world: World, forged: str) -> None:
    await asked(world)
    assert await code_of(look_at_link(world, forged)) is RefusalCode.LINK_OVER
    no = await code_of(answer_by_link(world, forged, approve=True))
    assert no is RefusalCode.LINK_OVER


async def test_unclaiming_ends_the_request_and_its_link(world: World) -> None:
    ann, bob, device, transfer_id = await asked(world)
    link = await link_of(world)
    await unclaim_device(world, ann, device.id)
    (view,) = await list_transfers(world, bob)
    assert (view.transfer.id, view.transfer.state) == (transfer_id, TransferState.ENDED)
    assert await code_of(look_at_link(world, link)) is RefusalCode.LINK_OVER
    ended = [
        each for each in await notices(world) if each.kind is NoticeKind.TRANSFER_ENDED
    ]
    assert [each.recipient for each in ended] == [bob.username]


async def test_approving_one_ends_the_others(world: World) -> None:
    ann, bob, device, transfer_id = await asked(world)
    eve = await an_account(world, "eve@example.com")
    await claim_device(world, eve, device.id, request_transfer=True)
    await answer_transfer(world, ann, transfer_id, approve=True)
    (view,) = await list_transfers(world, eve)
    assert view.transfer.state is TransferState.ENDED
    assert (await find(world, device.id)).owner_id == bob.account_id


async def test_silence_expires_after_seven_days_and_both_are_told(world) -> None:
    ann, _, device, transfer_id = await asked(world)
    world.clock.advance(timedelta(days=7))
    assert await expire_due(world) == 1
    assert await expire_due(world) == 0
    kinds = [each.kind for each in await notices(world)]
    assert kinds.count(NoticeKind.TRANSFER_EXPIRED) == 2
    no = await code_of(answer_transfer(world, ann, transfer_id, approve=True))
    assert no is RefusalCode.TRANSFER_OVER
    assert (await find(world, device.id)).owner_id == ann.account_id


async def test_a_late_answer_is_refused_before_any_job_ran(world: World) -> None:
    ann, _, _, transfer_id = await asked(world)
    world.clock.advance(timedelta(days=7))
    no = await code_of(answer_transfer(world, ann, transfer_id, approve=True))
    assert no is RefusalCode.TRANSFER_OVER


async def test_a_full_sandbox_is_tested_at_the_request_and_at_the_approval(
    world: World,
) -> None:
    ann, bob, device, transfer_id = await asked(world)
    for number in range(2, 2 + world.settings.sandbox_devices):
        await a_device_of(world, bob, number)
    no = await code_of(answer_transfer(world, ann, transfer_id, approve=True))
    assert no is RefusalCode.DEVICE_LIMIT
    other = await a_device_of(world, ann, 50)
    no = await code_of(claim_device(world, bob, other.id, request_transfer=True))
    assert no is RefusalCode.DEVICE_LIMIT
    assert (await find(world, device.id)).owner_id == ann.account_id


async def test_the_requester_never_sees_whose_it_is_or_what_it_is_called(world) -> None:
    ann, bob, *_ = await asked(world)
    (theirs,) = await list_transfers(world, bob)
    assert (theirs.owner, theirs.device_name) == (None, None)  # CLM-10
    (own,) = await list_transfers(world, ann)
    assert (own.owner, own.device_name) == (ann.username, "kitchen")


async def test_members_of_free_products_count_for_who_asks(world: World) -> None:
    ann, bob = await an_account(world), await an_account(world, "bob@example.com")
    product = await a_product(world, bob)
    device = await a_device_of(world, ann)
    asked = await claim_device(world, bob, device.id, request_transfer=True)
    await listed(world, bob, product, 11, 12, 13)
    assert asked.transfer_id is not None
    no = await refusal_of(answer_transfer(world, ann, asked.transfer_id, approve=True))
    assert (no.code, no.rule) == (RefusalCode.DEVICE_LIMIT, "LIM-5")  # LIM-2
    assert (await find(world, device.id)).owner_id == ann.account_id
