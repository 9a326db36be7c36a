"""The outbox relay and the expiries, over a real store."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from tests.support.people import a_device_of, an_account
from tests.support.products import a_product
from tests.support.sign_ins import ADDRESS, a_person, a_signed_in_person, a_token
from tests.support.smtp import Inbox, smtp_server

from cyan.integrations.mail import choose_mailer
from cyan.interfaces import World, subjects
from cyan.jobs import Job, Runner, end_expired, send_due_notices
from cyan.jobs.relay import FIRST_PAUSE, LONGEST_PAUSE, MOST_ATTEMPTS
from cyan.model.accounts import ClientKind
from cyan.model.notices import NoticeKind
from cyan.model.products import TeamRole
from cyan.services.accounts import request_password_reset
from cyan.services.claims import claim_device
from cyan.services.clients import ClientWish
from cyan.services.product_clients import create_product_client, give_product_token
from cyan.services.teams import TeamKind, TeamOf, invite
from cyan.services.tickets import ticket_id_of
from cyan.services.transfers import list_transfers, look_at_link

ANN, BOB = "ann@example.com", "bob@example.com"
ENDED = {"device_id": "0123456789abcdef01234567"}


async def put(world: World, kind=NoticeKind.TRANSFER_ENDED, **body) -> None:
    now = world.clock.now()
    wanted = body or ENDED
    await world.store.transact(lambda tx: tx.outbox.put(kind, ANN, wanted, now))


async def waiting(world: World) -> list:
    in_a_year = world.clock.now() + timedelta(days=365)
    return list(await world.store.read(lambda tx: tx.outbox.due(in_a_year, 100)))


async def test_promised_mails_are_sent_once(world: World) -> None:
    for _ in range(20):
        await put(world)
    assert await send_due_notices(world) == 20
    assert await send_due_notices(world) == 0
    assert len(world.mailer.mails) == 20
    assert await waiting(world) == []


async def test_the_owner_gets_a_link_that_opens_the_request(world: World) -> None:
    ann, bob = await an_account(world), await an_account(world, BOB)
    device = await a_device_of(world, ann)
    await claim_device(world, bob, device.id, request_transfer=True)
    await send_due_notices(world)
    (mail,) = world.mailer.mails
    assert (mail.recipient, BOB in mail.subject) == (ANN, True)
    link = next(line for line in mail.text.splitlines() if "ticket=" in line)
    assert link.startswith("https://cloud.example.org/transfer?ticket=")
    shown = link.partition("ticket=")[2]
    assert ticket_id_of(world, shown) is not None
    assert (await look_at_link(world, shown)).requester == BOB


async def test_what_cannot_be_sent_is_tried_again_after_growing_pauses(world) -> None:
    await put(world)
    world.mailer.broken = True
    pauses = []
    for _ in range(MOST_ATTEMPTS - 1):
        assert await send_due_notices(world) == 0
        (notice,) = await waiting(world)
        pauses.append(notice.due_at - world.clock.now())
        world.clock.advance(pauses[-1] - timedelta(seconds=1))
        assert await send_due_notices(world) == 0
        world.clock.advance_seconds(1)
    assert pauses[:3] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert pauses[-1] == LONGEST_PAUSE
    world.mailer.broken = False
    assert await send_due_notices(world) == 1


async def test_after_two_days_it_is_given_up(world: World) -> None:
    await put(world)
    world.mailer.broken = True
    for _ in range(MOST_ATTEMPTS):
        assert len(await waiting(world)) == 1
        await send_due_notices(world)
        world.clock.advance(LONGEST_PAUSE)
    assert await waiting(world) == []


async def test_one_bad_notice_does_not_hold_up_the_others(world: World) -> None:
    await put(world, NoticeKind.TRANSFER_DENIED, nonsense=True)
    await put(world)
    assert await send_due_notices(world) == 1
    assert len(await waiting(world)) == 1


async def test_a_link_that_is_over_is_not_mailed(world: World) -> None:
    await a_person(world)
    await request_password_reset(world, ANN, ADDRESS)
    world.clock.advance(timedelta(hours=1))
    assert await send_due_notices(world) == 0
    assert world.mailer.mails == []
    assert await waiting(world) == []


async def test_a_mail_leaves_as_soon_as_it_was_promised(world: World) -> None:
    await a_person(world)
    inbox = Inbox()
    async with smtp_server(inbox) as port:
        url = f"smtp://127.0.0.1:{port}"
        world = replace(world, mailer=choose_mailer(url, "Cyan <c@example.org>", None))
        runner = Runner(
            world.bus,
            [
                Job(
                    "mails",
                    lambda: send_due_notices(world),
                    timedelta(days=1),
                    wake_on=subjects.OUTBOX,
                )
            ],
        )
        runner.start()
        await request_password_reset(world, ANN, ADDRESS)
        mail = await asyncio.wait_for(inbox.next_mail(), 10)
        await runner.stop()
    assert mail["To"] == ANN
    assert "/password-reset?ticket=" in mail.get_content()
    assert await waiting(world) == []


async def test_what_is_over_is_forgotten(world: World) -> None:
    ann = await a_signed_in_person(world)
    short = await a_token(world, expires_in=60)
    lasting = await a_token(world, expires_in=0)
    await request_password_reset(world, ANN, ADDRESS)
    assert await end_expired(world) == 0
    world.clock.advance(timedelta(days=15))
    assert await end_expired(world) == 2, "the short token and the reset link"
    left = await world.store.read(lambda tx: tx.tokens.list_of(ann.account_id))
    hashes = {token.hash for token in left}
    assert lasting.kept.hash in hashes
    assert short.kept.hash not in hashes


async def test_tokens_of_products_are_forgotten_too(world: World) -> None:
    ann = await an_account(world)
    await a_product(world, ann)
    wish = ClientWish("installer", ClientKind.INSTALLED)
    client, _ = await create_product_client(world, ann, "pumps", wish)
    short = await give_product_token(world, client, timedelta(hours=1))
    lasting = await give_product_token(world, client, None)
    assert await end_expired(world) == 0
    world.clock.advance(timedelta(hours=1))
    assert await end_expired(world) == 1
    found = [
        await world.store.read(
            lambda tx, text=each.text: tx.programs.find_token(
                world.secrets.hash_token(text)
            )
        )
        for each in (short, lasting)
    ]
    assert [each is None for each in found] == [True, False]


async def test_an_invitation_that_nobody_answered_is_forgotten(world: World) -> None:
    ann = await an_account(world)
    product = await a_product(world, ann)
    team = TeamOf(TeamKind.PRODUCT, "pumps")
    await invite(world, ann, team, "carol@example.com", TeamRole.SUPPORT)
    world.clock.advance(timedelta(days=6))
    await invite(world, ann, team, "dave@example.com", TeamRole.SUPPORT)
    assert await end_expired(world) == 0
    world.clock.advance(timedelta(days=1, seconds=1))
    assert await end_expired(world) == 2, "the invitation and its link"
    left = await world.store.read(lambda tx: tx.teams.invitations_of(product.team_id))
    assert [each.username for each in left] == ["dave@example.com"]


async def test_unanswered_transfers_end_and_both_sides_are_told(world: World) -> None:
    ann, bob = await an_account(world), await an_account(world, BOB)
    device = await a_device_of(world, ann)
    await claim_device(world, bob, device.id, request_transfer=True)
    world.clock.advance(timedelta(days=7))
    await end_expired(world)
    (view,) = await list_transfers(world, bob)
    assert view.transfer.state == "expired"
    await send_due_notices(world)
    assert {mail.recipient for mail in world.mailer.mails} == {ANN, BOB}
