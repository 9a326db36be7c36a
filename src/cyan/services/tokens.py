"""Tokens: who is asking, and how a token ends.

Only hashes of tokens are kept. A look-up is remembered for some seconds; the end of
a token is told over the bus, so that it is forgotten, and its streams close, at once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cyan.interfaces import Stop, Tx, World, subjects
from cyan.model.accounts import Account, Actor, Token
from cyan.model.decisions import RefusalCode, refused
from cyan.rules.authority import SCOPES
from cyan.services.throttle import hold_back

REMEMBERED_FOR = timedelta(seconds=10)
REMEMBERED_TOKENS = 5_000
REFRESH_LIFETIME = timedelta(days=14)
_HEX_OF_TOKEN = 40


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token as its bearer gets it: the only moment at which its text exists.

    `lifetime` None never ends.
    """

    text: str
    refresh_text: str | None
    lifetime: timedelta | None


@dataclass(frozen=True, slots=True)
class DrawnToken(NewToken):
    """A person's token, and what is kept of it."""

    kept: Token


def draw_token(
    world: World,
    account_id: str,
    client_id: str,
    lifetime: timedelta | None,
    *,
    renewable: bool,
) -> DrawnToken:
    """Draw a token, to be added in a transaction; a refresh token lives 14 days."""
    secrets, now = world.secrets, world.clock.now()
    text = secrets.token()
    refresh = secrets.token() if renewable else None
    kept = Token(
        hash=secrets.hash_token(text),
        account_id=account_id,
        client_id=client_id,
        created_at=now,
        expires_at=None if lifetime is None else now + lifetime,
        refresh_hash=secrets.hash_token(refresh) if refresh else None,
        refresh_expires_at=now + REFRESH_LIFETIME if refresh else None,
    )
    return DrawnToken(text, refresh, lifetime, kept)


@dataclass(slots=True)
class _Remembered:
    actor: Actor
    until: datetime
    stop: Stop


async def find_actor(world: World, token: str | None, address: str) -> Actor:
    """The actor that a bearer token stands for, looked up in the store.

    Refuses `token_missing`, `token_unknown` or `token_expired`, in the words by
    which clients tell them (REST contract §0.3).
    """
    token_hash = _hash_of(world, token)
    return _living(world, await _look_up(world, token_hash), address)


def _hash_of(world: World, token: str | None) -> str:
    if not token:
        raise refused(RefusalCode.TOKEN_MISSING, "The access token was not found")
    return world.secrets.hash_token(token)


async def _look_up(world: World, token_hash: str) -> Actor:

    async def body(tx: Tx) -> Actor | None:
        found = await tx.tokens.find(token_hash)
        return _person(*found) if found else await _find_program(tx, token_hash)

    actor = await world.store.read(body)
    if actor is None:
        raise refused(
            RefusalCode.TOKEN_UNKNOWN, "The access token provided is invalid."
        )
    return actor


def _person(token: Token, account: Account) -> Actor:
    return Actor(
        account_id=account.id,
        username=account.username,
        operator=account.operator,
        token_hash=token.hash,
        client_id=token.client_id,
        expires_at=token.expires_at,
    )


async def _find_program(tx: Tx, token_hash: str) -> Actor | None:
    """The API user, or the product, that a token stands for (REST contract §1.5)."""
    user = await tx.programs.find_by_token(token_hash)
    if user is not None:
        return Actor(
            account_id=user.id,
            username=user.username,
            token_hash=token_hash,
            client_id="api-user",
            scopes=frozenset(user.scopes),
            team_id=user.team_id,
        )
    token = await tx.programs.find_token(token_hash)
    client = await tx.programs.find_client(token.client_id) if token else None
    if token is None or client is None:
        return None
    return Actor(
        account_id=client.id,
        username=client.id,
        token_hash=token_hash,
        client_id=client.id,
        expires_at=token.expires_at,
        scopes=SCOPES if client.scope in (None, "*:*") else frozenset({client.scope}),
        product_id=token.product_id,
    )


def _living(world: World, actor: Actor, address: str) -> Actor:
    if actor.expires_at is not None and actor.expires_at <= world.clock.now():
        raise refused(
            RefusalCode.TOKEN_EXPIRED, "The access token provided has expired."
        )
    return replace(actor, address=address)


class Authenticator:
    """`find_actor` with a memory of some seconds; one for each process."""

    def __init__(self, world: World, room: int = REMEMBERED_TOKENS) -> None:
        self._world = world
        self._room = room
        self._remembered: dict[str, _Remembered] = {}

    async def authenticate(self, token: str | None, address: str) -> Actor:
        """The actor that a bearer token stands for; refuses as `find_actor` does."""
        token_hash = _hash_of(self._world, token)
        known = self._remembered.get(token_hash)
        if known is not None and known.until > self._world.clock.now():
            return _living(self._world, known.actor, address)
        actor = await self._look_up(token_hash)
        return _living(self._world, actor, address)

    async def _look_up(self, token_hash: str) -> Actor:
        """Look up, listening before looking: an end between the two is not missed."""
        bus = self._world.bus
        ended = False

        def forget(_: object) -> None:
            nonlocal ended
            ended = True
            self._forget(token_hash)

        stops = [bus.listen(subjects.token_ends(token_hash), forget)]

        def stop() -> None:
            for each in stops:
                each()

        try:
            actor = await _look_up(self._world, token_hash)
        except BaseException:
            stop()
            raise
        stops.append(bus.listen(subjects.account_changes(actor.account_id), forget))
        if ended:
            stop()
        else:
            self._remember(token_hash, actor, stop)
        return actor

    def _remember(self, token_hash: str, actor: Actor, stop: Stop) -> None:
        """Remember an actor; the longest remembered one goes if there are too many."""
        self._forget(token_hash)
        while len(self._remembered) >= self._room:
            self._forget(next(iter(self._remembered)))
        until = self._world.clock.now() + REMEMBERED_FOR
        self._remembered[token_hash] = _Remembered(actor, until, stop)

    def _forget(self, token_hash: str) -> None:
        known = self._remembered.pop(token_hash, None)
        if known is not None:
            known.stop()


async def list_tokens(world: World, account_id: str, address: str) -> Sequence[Token]:
    """An account's tokens that have not expired, newest first."""
    hold_back(world, "tokens_admin", address)
    now = world.clock.now()
    tokens = await world.store.read(lambda tx: tx.tokens.list_of(account_id))
    return [each for each in tokens if each.expires_at is None or each.expires_at > now]


async def revoke_token(world: World, presented: str, address: str) -> None:
    """End a token: whoever has it may end it (REST contract §1.2).

    `presented` is the token, or its hash as lists of tokens show it; the hash lets
    nobody act.
    """
    hold_back(world, "tokens_admin", address)
    is_token = len(presented) == _HEX_OF_TOKEN
    token_hash = world.secrets.hash_token(presented) if is_token else presented

    async def body(tx: Tx) -> bool:
        of_person = await tx.tokens.remove(token_hash)
        return of_person or await tx.programs.remove_token(token_hash)

    if not await world.store.transact(body):
        raise refused(
            RefusalCode.TOKEN_NOT_FOUND,
            "Token not found",
            remedy="It ended already, or has a typing error.",
        )
    announce_ends(world, [token_hash])


async def revoke_current(world: World, actor: Actor) -> None:
    """End the token that the actor came with."""
    hold_back(world, "tokens_admin", actor.address)
    token_hash = actor.token_hash
    assert token_hash is not None  # a door that asks for a token gave one
    await world.store.transact(lambda tx: tx.tokens.remove(token_hash))
    announce_ends(world, [token_hash])


async def revoke_all(world: World, actor: Actor) -> None:
    """End all of the actor's tokens, the one that they came with too."""
    hold_back(world, "tokens_admin", actor.address)

    async def body(tx: Tx) -> Sequence[str]:
        return await tx.tokens.remove_all(actor.account_id)

    announce_ends(world, await world.store.transact(body))


def announce_ends(world: World, token_hashes: Iterable[str]) -> None:
    """Tell caches and streams that tokens ended, after it is durable."""
    for token_hash in token_hashes:
        world.bus.publish(subjects.token_ends(token_hash), None)
