"""The outbox relay: sends the mails that transactions promised.

At least once: a mail is forgotten only after it was sent, so that a crash between the
two sends it again. What cannot be sent is tried again after growing pauses.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from cyan.integrations.letters import write_letter
from cyan.interfaces import World
from cyan.model.notices import Notice, NoticeKind
from cyan.services.tickets import Page, link_to

AT_ONCE = 8
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
MOST_ATTEMPTS = 16
"""The last try comes about two days after the first."""

_PAGES = {
    NoticeKind.ACCOUNT_INVITED: Page.SIGN_UP,
    NoticeKind.PASSWORD_RESET_REQUESTED: Page.PASSWORD_RESET,
    NoticeKind.TRANSFER_REQUESTED: Page.TRANSFER,
    NoticeKind.TEAM_INVITED: Page.TEAM_INVITATION,
}

_log = structlog.get_logger(__name__)


async def send_due_notices(world: World) -> int:
    """Send all notices that are due; how many got away."""
    sent = 0
    while notices := await _due(world):
        sent += sum(await asyncio.gather(*(_send(world, each) for each in notices)))
    return sent


async def _due(world: World) -> Sequence[Notice]:
    now = world.clock.now()
    return await world.store.read(lambda tx: tx.outbox.due(now, AT_ONCE))


async def _send(world: World, notice: Notice) -> bool:
    """Send one notice, or put it off; whether it got away."""
    now = world.clock.now()
    if _link_is_over(notice, now):
        _log.warning("notice_outlived", kind=notice.kind, number=notice.number)
        return await _forget(world, notice, sent=False)
    try:
        await _mail(world, notice)
    except Exception as error:
        return await _put_off(world, notice, now, error)
    return await _forget(world, notice, sent=True)


async def _mail(world: World, notice: Notice) -> None:
    body = dict(notice.body)
    if (page := _PAGES.get(notice.kind)) is not None:
        body["link"] = link_to(world, page, body["ticket_id"])
    letter = write_letter(notice.kind, body, world.settings.public_url)
    await world.mailer.send(notice.recipient, letter.subject, letter.text)


async def _put_off(
    world: World, notice: Notice, now: datetime, error: Exception
) -> bool:
    attempts = notice.attempts + 1
    told = {"kind": notice.kind, "number": notice.number, "attempts": attempts}
    if attempts >= MOST_ATTEMPTS:
        _log.error("notice_given_up", error=str(error), **told)
        return await _forget(world, notice, sent=False)
    pause = min(FIRST_PAUSE * 2**notice.attempts, LONGEST_PAUSE)
    _log.warning("notice_put_off", error=str(error), pause=str(pause), **told)
    due_at = now + pause
    await world.store.transact(lambda tx: tx.outbox.postpone(notice.number, due_at))
    return False


async def _forget(world: World, notice: Notice, *, sent: bool) -> bool:
    await world.store.transact(lambda tx: tx.outbox.remove(notice.number))
    return sent


def _link_is_over(notice: Notice, now: datetime) -> bool:
    """A link that no longer works is not worth a mail."""
    expires_at = notice.body.get("expires_at")
    return expires_at is not None and datetime.fromisoformat(expires_at) <= now
