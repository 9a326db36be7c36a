"""The end of what only lives for a while: tokens, tickets, transfers, imports."""

from collections.abc import Awaitable, Callable

from cyan.interfaces import World
from cyan.services.transfers import expire_due

AT_ONCE = 500
"""Rows in one transaction, so that nobody waits long behind it."""

LISTS_AT_ONCE = 50
"""Rows in one transaction where each holds thousands of lines of an import."""


async def end_expired(world: World) -> int:
    """Forget what expired, and imports that nobody can see; end transfers; how many."""
    now = world.clock.now()

    async def tokens() -> int:
        return await world.store.transact(
            lambda tx: tx.tokens.remove_expired(now, AT_ONCE)
        )

    async def products_tokens() -> int:
        return await world.store.transact(
            lambda tx: tx.programs.remove_expired(now, AT_ONCE)
        )

    async def tickets() -> int:
        return await world.store.transact(
            lambda tx: tx.tickets.remove_expired(now, AT_ONCE)
        )

    async def transfers() -> int:
        return await expire_due(world)

    async def imports() -> int:
        return await world.store.transact(
            lambda tx: tx.imports.remove_orphaned(LISTS_AT_ONCE)
        )

    kinds = (transfers, tickets, tokens, products_tokens, imports)
    return sum([await _all(each) for each in kinds])


async def _all(end_some: Callable[[], Awaitable[int]]) -> int:
    total = 0
    while ended := await end_some():
        total += ended
    return total
