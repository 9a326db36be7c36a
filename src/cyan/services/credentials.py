"""What people prove themselves by: the shape of usernames and passwords, and proof.

Every wrong proof counts against the address it came from. Ten in a row close the
door to that address for half an hour (REST contract §0.4), whichever door it was.
"""

import re

from cyan.interfaces import World
from cyan.model.accounts import Account, Actor
from cyan.model.decisions import RefusalCode, Refused, refused
from cyan.services.throttle import refuse_if_waiting

MAX_USERNAME = 254
MIN_PASSWORD, MAX_PASSWORD = 8, 256

_ADDRESS = re.compile(r"[^@\s<>()\[\],;:\\\"]{1,64}@[^@\s<>()\[\],;:\\\"]{1,253}")


def parse_username(text: str) -> str:
    """An e-mail address, as accounts are known by: in lower case, no spaces around."""
    username = text.strip().lower()
    fits = len(username) <= MAX_USERNAME and username.isprintable()
    if not fits or not _ADDRESS.fullmatch(username):
        raise refused(
            RefusalCode.USERNAME_UNUSABLE,
            "username must be an email address",
            remedy="Send an address such as ada@example.org.",
        )
    return username


def require_password(password: str) -> str:
    """A password that may be set: 8 to 256 characters, of any kind."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise refused(
            RefusalCode.PASSWORD_UNUSABLE,
            f"A password has {MIN_PASSWORD} to {MAX_PASSWORD} characters.",
            remedy="A sentence that only you would say is easy to remember.",
        )
    return password


async def find_person(world: World, username: str, password: str) -> Account | None:
    """The account of this name and password; as slow whichever of them is wrong."""
    wanted = username.strip().lower()[: MAX_USERNAME + 1]
    account = await world.store.read(lambda tx: tx.accounts.find_by_username(wanted))
    right = await _is_password(world, account, password)
    return account if right else None


async def _is_password(world: World, account: Account | None, password: str) -> bool:
    known = account.password_hash if account else None
    if len(password) > MAX_PASSWORD:
        password, known = "", None
    return await world.secrets.is_password(password, known)


def require_calm(world: World, address: str) -> None:
    """Refuse an address that proved wrong too often in a row."""
    refuse_if_waiting(
        world.throttle.peek("token_failures", address),
        "Too many wrong attempts from your address.",
    )


def count_failure(world: World, address: str) -> None:
    """Somebody at this address failed to prove who they are."""
    world.throttle.take("token_failures", address)


def count_success(world: World, address: str) -> None:
    """Somebody at this address proved who they are: failures are forgotten."""
    world.throttle.forget("token_failures", address)


async def prove_own_password(world: World, actor: Actor, password: str) -> Account:
    """The actor's account, if they know its password; `wrong_password` if not.

    Asked again before what a borrowed token must not do.
    """
    require_calm(world, actor.address)
    account = await world.store.read(lambda tx: tx.accounts.find(actor.account_id))
    right = await _is_password(world, account, password)
    require_calm(world, actor.address)  # tries that ran meanwhile count as well
    if account is None or not right:
        count_failure(world, actor.address)
        raise wrong_password()
    count_success(world, actor.address)
    return account


def wrong_password() -> Refused:
    """The refusal of a password that is asked for again."""
    return refused(
        RefusalCode.WRONG_PASSWORD,
        "The current password is wrong.",
        remedy="Send your present password, or reset it by mail.",
    )
