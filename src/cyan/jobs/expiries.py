"""The end of what lives for a while: tokens, links, invitations, transfers, imports."""

from collections.abc import Awaitable, Callable
from functools import partial

from cyan.interfaces import Body, World
from cyan.services.transfers import expire_due

AT_ONCE = 500
"""Rows in one transaction, so that nobody waits long behind it."""

LISTS_AT_ONCE = 50
"""Rows in one transaction where each holds thousands of lines of an import."""


async def end_expired(world: World) -> int:
    """Forget what expired, and imports that nobody can see; end transfers; how many."""
    now = world.clock.now()
    removals: tuple[Body[int], ...] = (
        lambda tx: tx.tickets.remove_expired(now, AT_ONCE),
        lambda tx: tx.teams.remove_expired(now, AT_ONCE),
        lambda tx: tx.tokens.remove_expired(now, AT_ONCE),
        lambda tx: tx.programs.remove_expired(now, AT_ONCE),
        lambda tx: tx.imports.remove_orphaned(LISTS_AT_ONCE),
    )
    ended = await _all(partial(expire_due, world))
    for remove in removals:
        ended += await _all(partial(world.store.transact, remove))
    return ended


async def _all(end_some: Callable[[], Awaitable[int]]) -> int:
    total = 0
    while ended := await end_some():
        total += ended
    return total
