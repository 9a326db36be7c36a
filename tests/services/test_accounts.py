"""One's own account, up to its end."""

import re
from datetime import timedelta

from tests.support.people import a_device_of, changed, find
from tests.support.sign_ins import (
    ADDRESS,
    PASSWORD,
    a_person,
    a_signed_in_person,
    a_token,
    actor_of,
    refusal_of,
)

from cyan.interfaces import World, subjects
from cyan.model.accounts import ClientKind, TicketPurpose
from cyan.model.decisions import RefusalCode
from cyan.model.notices import NoticeKind
from cyan.services.accounts import (
    RESET_LIFETIME,
    AccountChanges,
    delete_account,
    get_account,
    look_at_reset,
    request_password_reset,
    reset_password,
    update_account,
)
from cyan.services.claims import claim_device
from cyan.services.clients import ClientProof, ClientWish, create_client
from cyan.services.signing_in import GrantRequest, sign_in
from cyan.services.tickets import present_ticket
from cyan.services.transfers import list_transfers

ANN, BOB = "ann@example.com", "bob@example.com"
NEW = "a brand new one"


async def mails(world: World):
    now = world.clock.now()
    return await world.store.read(lambda tx: tx.outbox.due(now, 100))


async def reset_link(world: World, username: str = ANN) -> str:
    """What the mail about a forgotten password lets its reader show."""
    await request_password_reset(world, username, ADDRESS)
    return present_ticket(world, (await mails(world))[-1].body["ticket_id"])


async def test_guessing_the_current_password_is_counted(world: World) -> None:
    ann = await a_signed_in_person(world)
    changes = AccountChanges(password=NEW)
    for _ in range(10):
        refusal = await refusal_of(update_account(world, ann, changes, "wrong"))
        assert refusal.code is RefusalCode.WRONG_PASSWORD
    refusal = await refusal_of(update_account(world, ann, changes, PASSWORD))
    assert refusal.code is RefusalCode.RATE_LIMITED
    refusal = await refusal_of(delete_account(world, ann, PASSWORD))
    assert refusal.code is RefusalCode.RATE_LIMITED


async def test_a_new_password_ends_links_that_were_mailed_before(world) -> None:
    ann = await a_signed_in_person(world)
    link = await reset_link(world)
    assert await look_at_reset(world, link) == ANN
    await update_account(world, ann, AccountChanges(password=NEW), PASSWORD)
    refusal = await refusal_of(reset_password(world, link, "another one", ADDRESS))
    assert refusal.code is RefusalCode.LINK_OVER


async def test_ones_own_name_may_be_kept(world: World) -> None:
    ann = await a_signed_in_person(world)
    same = AccountChanges(username="ANN@example.com")
    assert (await update_account(world, ann, same, PASSWORD)).username == ANN


async def test_only_the_latest_reset_link_works_and_only_for_an_hour(world) -> None:
    await a_person(world)
    first, second = await reset_link(world), await reset_link(world)
    assert (await refusal_of(look_at_reset(world, first))).code is (
        RefusalCode.LINK_OVER
    )
    world.clock.advance(RESET_LIFETIME)
    refusal = await refusal_of(reset_password(world, second, NEW, ADDRESS))
    assert refusal.code is RefusalCode.LINK_OVER


async def test_a_reset_ends_all_tokens_and_half_finished_sign_ins(world) -> None:
    await a_person(world)
    token = await a_token(world)
    ended = []
    world.bus.listen(subjects.token_ends(token.kept.hash), ended.append)
    await reset_password(world, await reset_link(world), NEW, ADDRESS)
    assert ended == [None]
    assert await a_token(world, password=NEW)


async def test_looking_at_a_reset_link_changes_nothing(world: World) -> None:
    await a_person(world)
    link = await reset_link(world)
    for _ in range(3):
        assert await look_at_reset(world, link) == ANN
    await reset_password(world, link, NEW, ADDRESS)
    refusal = await refusal_of(look_at_reset(world, link))
    assert refusal.code is RefusalCode.LINK_OVER


async def test_nobody_is_mailed_for_an_unknown_name_and_nothing_piles_up(world) -> None:
    for number in range(5):
        await request_password_reset(world, f"who{number}@example.com", ADDRESS)
    assert await mails(world) == []
    later = world.clock.now() + timedelta(days=1)
    left = await world.store.transact(lambda tx: tx.tickets.remove_expired(later, 99))
    assert left == 1


async def test_a_mailbox_is_not_filled(world: World) -> None:
    await a_person(world)
    for number in range(9):
        await request_password_reset(world, ANN, f"192.0.2.{number}")
    assert len(await mails(world)) == 5


async def test_a_deleted_accounts_devices_are_nobodys(world: World) -> None:
    ann = await a_signed_in_person(world)
    device = await a_device_of(world, ann)
    heard = []
    world.bus.listen(subjects.device_changes(device.id), heard.append)
    await delete_account(world, ann, PASSWORD)
    assert (await find(world, device.id)).owner_id is None
    history = await world.store.read(lambda tx: tx.histories.ownership_of(device.id))
    assert (history[-1].rule, history[-1].new_owner_id) == ("UNC-7", None)
    assert heard == [changed(device.id, None)]
    refusal = await refusal_of(get_account(world, ann))
    assert refusal.code is RefusalCode.TOKEN_UNKNOWN


async def test_who_asked_for_the_device_hears_that_the_request_is_over(world) -> None:
    ann = await a_signed_in_person(world)
    bob = await a_signed_in_person(world, BOB)
    device = await a_device_of(world, ann)
    await claim_device(world, bob, device.id, request_transfer=True)
    await delete_account(world, ann, PASSWORD)
    (view,) = await list_transfers(world, bob)
    assert view.transfer.state == "ended"
    kinds = [(mail.kind, mail.recipient) for mail in await mails(world)]
    assert (NoticeKind.TRANSFER_ENDED, BOB) in kinds


async def test_tokens_that_an_accounts_clients_gave_others_end_with_it(world) -> None:
    ann = await a_signed_in_person(world)
    await a_person(world, BOB)
    client, secret = await create_client(
        world, ann, ClientWish("App", ClientKind.INSTALLED)
    )
    grant = GrantRequest("password", username=BOB, password=PASSWORD)
    proof = ClientProof(client.id, secret)
    bobs = await sign_in(world, grant, proof, ADDRESS)
    assert await actor_of(world, bobs)
    await delete_account(world, ann, PASSWORD)
    refusal = await refusal_of(actor_of(world, bobs))
    assert refusal.code is RefusalCode.TOKEN_UNKNOWN


async def test_one_of_two_operators_may_leave(world: World) -> None:
    ann = await a_signed_in_person(world, operator=True)
    refusal = await refusal_of(delete_account(world, ann, PASSWORD))
    assert (refusal.code, refusal.rule) == (RefusalCode.ONLY_OPERATOR, "UNC-7")
    await a_person(world, BOB, operator=True)
    await delete_account(world, ann, PASSWORD)


async def test_a_username_that_was_given_up_is_free(world: World) -> None:
    ann = await a_signed_in_person(world)
    await delete_account(world, ann, PASSWORD)
    again = await a_signed_in_person(world)
    assert again.account_id != ann.account_id


async def test_tickets_hold_no_secret_that_the_database_could_tell(world) -> None:
    await a_person(world)
    await request_password_reset(world, ANN, ADDRESS)
    (mail,) = await mails(world)
    ticket_id = mail.body["ticket_id"]
    kept = await world.store.read(lambda tx: tx.tickets.find(ticket_id))
    assert kept.purpose is TicketPurpose.PASSWORD_RESET
    for shown in (ticket_id, f"{ticket_id}.", f"{ticket_id}.{'0' * 40}"):
        refusal = await refusal_of(look_at_reset(world, shown))
        assert refusal.code is RefusalCode.LINK_OVER
    assert re.fullmatch(r"[0-9a-f]{40}\.[0-9a-f]{40}", present_ticket(world, ticket_id))
