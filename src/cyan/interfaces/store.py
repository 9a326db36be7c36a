"""What services need from a store.

A transaction is one ``async def body(tx)`` that awaits nothing but `tx` and may
run more than once: time, random values and password hashes are made before it.
"""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from cyan.interfaces.fleets import (
    Counts,
    Exclusions,
    Fleets,
    Groups,
    Products,
)
from cyan.interfaces.imports import (
    Imports,
)
from cyan.interfaces.teams import (
    Organizations,
    Programs,
    Teams,
)
from cyan.model.accounts import Account, Client, Ticket, TicketPurpose, Token
from cyan.model.devices import (
    Description,
    Device,
    KeyChange,
    OwnershipChange,
    Transfer,
    TransferState,
)
from cyan.model.identifiers import DeviceID
from cyan.model.notices import Notice, NoticeKind

T = TypeVar("T")


class StoreError(Exception):
    """The store could not do it; nothing of the transaction remains."""


class Conflict(StoreError):
    """A constraint said no: a unique value is taken, or a reference is missing."""


class BodySuspended(StoreError):
    """A body awaited something that is not its transaction."""


class TransactionOver(StoreError):
    """A statement after an error, or after the body had returned."""


class Accounts(Protocol):
    """Accounts by id and by username (lower case)."""

    async def add(self, account: Account) -> None:
        """Keep a new account; `Conflict` if its username is taken."""

    async def find(self, account_id: str) -> Account | None:
        """The account of this id."""

    async def usernames(self, account_ids: Sequence[str]) -> Mapping[str, str]:
        """What accounts are called, many at a time."""

    async def find_by_username(self, username: str) -> Account | None:
        """The account of this e-mail address."""

    async def list_all(self, after: str, limit: int) -> Sequence[Account]:
        """Accounts by username, those after `after`, at most `limit`."""

    async def set_username(self, account_id: str, username: str) -> None:
        """Change the username; `Conflict` if it is taken."""

    async def set_password(self, account_id: str, password_hash: str) -> None:
        """Change the password's hash."""

    async def set_info(self, account_id: str, info: Mapping[str, Any]) -> None:
        """Replace the profile."""

    async def set_mfa(self, account_id: str, secret: str | None) -> None:
        """Switch one-time codes on or off."""

    async def use_mfa_step(self, account_id: str, step: int) -> bool:
        """Note a time step's code as used; False if it, or a later one, was."""

    async def remove(self, account_id: str) -> None:
        """Forget the account, its tokens and its clients."""

    async def count(self) -> int:
        """How many accounts there are."""

    async def count_operators(self) -> int:
        """How many accounts are operators."""


class Tokens(Protocol):
    """Access tokens by the hash of their text."""

    async def add(self, token: Token) -> None:
        """Keep a new token."""

    async def find(self, token_hash: str) -> tuple[Token, Account] | None:
        """The token and whose it is, expired or not."""

    async def find_by_refresh(self, refresh_hash: str) -> Token | None:
        """The token that this refresh token renews."""

    async def list_of(self, account_id: str) -> Sequence[Token]:
        """An account's tokens, newest first."""

    async def remove(self, token_hash: str) -> bool:
        """Forget a token; whether there was one."""

    async def remove_all(self, account_id: str) -> Sequence[str]:
        """Forget all of an account's tokens; their hashes."""

    async def remove_of_client(self, client_id: str) -> Sequence[str]:
        """Forget all tokens that a client was given; their hashes."""

    async def remove_expired(self, before: datetime, limit: int) -> int:
        """Forget tokens whose access and refresh both ended before a moment."""


class Clients(Protocol):
    """OAuth clients that accounts made."""

    async def add(self, client: Client) -> None:
        """Keep a new client."""

    async def find(self, client_id: str) -> Client | None:
        """The client of this id."""

    async def list_of(self, account_id: str) -> Sequence[Client]:
        """An account's clients, oldest first."""

    async def update(self, client_id: str, name: str, scope: str | None) -> None:
        """Change what may be changed."""

    async def remove(self, client_id: str) -> None:
        """Forget a client."""


class Tickets(Protocol):
    """Single-use permissions (see `Ticket`)."""

    async def add(self, ticket: Ticket) -> None:
        """Keep a new ticket."""

    async def find(self, ticket_id: str) -> Ticket | None:
        """The ticket, expired or not; None once used."""

    async def take(self, ticket_id: str) -> Ticket | None:
        """Use a ticket up: of several at once, one gets it."""

    async def remove_of(self, purpose: TicketPurpose, subject: str) -> None:
        """Withdraw all tickets of a purpose about a subject."""

    async def remove_expired(self, before: datetime, limit: int) -> int:
        """Forget tickets that ended before a moment."""


@dataclass(frozen=True, slots=True)
class SessionStart:
    """What is written when a device said hello.

    `system_version`, `firmware_product_id` and `firmware_version` as the hello
    reported them.
    """

    session_id: str
    at: datetime
    address: str
    platform_id: int | None
    firmware_product_id: int | None
    firmware_version: int | None
    system_version: int | None


class Devices(Protocol):
    """Devices and who owns them."""

    async def find(self, device_id: DeviceID) -> Device | None:
        """The device of this id."""

    async def find_named(self, owner_id: str, name: str) -> Device | None:
        """An account's device by name, without regard to case (IDN-6)."""

    async def find_by_serial(self, serial_number: str) -> Device | None:
        """The device of this serial number."""

    async def list_owned(self, owner_id: str) -> Sequence[Device]:
        """An account's devices, last handshake first, never connected ones last."""

    async def count_owned(self, owner_id: str, up_to: int | None = None) -> int:
        """How many devices an account owns; counting stops at `up_to`."""

    async def names_like(self, owner_id: str, stem: str) -> Sequence[str]:
        """The names of an account's devices that begin with a stem, in lower case."""

    async def add(self, device_id: DeviceID, at: datetime) -> bool:
        """Make a device known; False if it was."""

    async def set_owner(
        self, device_id: DeviceID, owner_id: str | None, seen: int, name: str | None
    ) -> bool:
        """Change owner and name if the ownership version is still `seen`."""

    async def set_name(self, device_id: DeviceID, name: str | None) -> None:
        """Change the name; `Conflict` if the owner has a device of that name."""

    async def set_notes(self, device_id: DeviceID, notes: str | None) -> None:
        """Change the notes."""

    async def set_updates(
        self, device_id: DeviceID, *, enabled: bool | None, forced: bool | None
    ) -> None:
        """Note the device's update switches; None leaves one as it is."""

    async def set_safe_mode(self, device_id: DeviceID, safe_mode: bool) -> None:
        """Note whether it runs in safe mode."""

    async def set_serial(
        self, device_id: DeviceID, serial_number: str, mobile_secret: str | None
    ) -> None:
        """Record the factory's serial number; `Conflict` if another device has it."""

    async def start_session(self, device_id: DeviceID, start: SessionStart) -> None:
        """Note a hello; the device is online in that session from now on."""

    async def end_session(
        self, device_id: DeviceID, session_id: str, at: datetime
    ) -> bool:
        """Note the end of a session, unless another one has begun since."""

    async def end_all_sessions(self) -> int:
        """After a crash: no session is open; how many were."""

    async def set_heard(self, heard: Sequence[tuple[DeviceID, datetime]]) -> None:
        """Note when devices were last heard of, many at a time."""

    async def describe(self, device_id: DeviceID, description: Description) -> None:
        """Keep what a device told of itself; members that are None stay as known."""

    async def set_key(self, device_id: DeviceID, key: bytes) -> None:
        """Record the device's public key (SPKI DER)."""


class Histories(Protocol):
    """What is only ever appended: changes of owner and of key."""

    async def add_ownership(self, change: OwnershipChange) -> None:
        """Append a change of owner."""

    async def ownership_of(self, device_id: DeviceID) -> Sequence[OwnershipChange]:
        """A device's changes of owner, oldest first."""

    async def add_key(self, change: KeyChange) -> None:
        """Append a change of key."""

    async def keys_of(self, device_id: DeviceID) -> Sequence[KeyChange]:
        """A device's changes of key, oldest first."""


class Transfers(Protocol):
    """Requests for somebody else's device."""

    async def add(self, transfer: Transfer) -> None:
        """Keep a request; `Conflict` if that account's request is pending already."""

    async def find(self, transfer_id: str) -> Transfer | None:
        """The request of this id."""

    async def find_pending(
        self, device_id: DeviceID, requester_id: str
    ) -> Transfer | None:
        """An account's pending request for a device."""

    async def list_pending(self, device_id: DeviceID) -> Sequence[Transfer]:
        """All pending requests for a device, oldest first."""

    async def list_of(self, account_id: str) -> Sequence[Transfer]:
        """Requests to and by an account, newest first."""

    async def list_expired(self, now: datetime, limit: int) -> Sequence[Transfer]:
        """Pending requests whose time is over."""

    async def answer(
        self, transfer_id: str, state: TransferState, at: datetime
    ) -> bool:
        """End a pending request; False if it is over already."""


class Outbox(Protocol):
    """Notices on their way out."""

    async def put(
        self, kind: NoticeKind, recipient: str, body: Mapping[str, Any], at: datetime
    ) -> None:
        """Promise a mail; it is sent if this transaction commits."""

    async def due(self, now: datetime, limit: int) -> Sequence[Notice]:
        """Notices to send now, oldest first."""

    async def remove(self, number: int) -> None:
        """It was sent."""

    async def postpone(self, number: int, due_at: datetime) -> None:
        """It could not be sent; try again at `due_at`."""


class Usage(Protocol):
    """Data operations (EVT-3), counted per holder, month and kind.

    A holder is an account, or a product by `cyan.rules.metering.holder_of`.
    """

    async def add(self, counts: Mapping[tuple[str, str, str], int]) -> None:
        """Add counts, keyed by (holder, month as 2026-11, kind)."""

    async def of_holder(self, holder: str, month: str) -> Mapping[str, int]:
        """A month's counts of a holder, by kind."""


class Tx(Protocol):
    """One transaction, its statements grouped by noun."""

    accounts: Accounts
    tokens: Tokens
    clients: Clients
    tickets: Tickets
    devices: Devices
    histories: Histories
    transfers: Transfers
    outbox: Outbox
    usage: Usage
    counts: Counts
    products: Products
    groups: Groups
    exclusions: Exclusions
    fleets: Fleets
    imports: Imports
    teams: Teams
    organizations: Organizations
    programs: Programs


Body = Callable[[Tx], Coroutine[Any, Any, T]]


class Store(Protocol):
    """All that is remembered."""

    async def transact(self, body: Body[T], turn: str | None = None) -> T:
        """Run a body; back when what it wrote survives a power cut.

        `turn` names what it changes and others do too: the account or the product
        whose devices are counted. It is a hint, by which fewer bodies run again.
        """

    async def read(self, body: Body[T]) -> T:
        """Run a body that only reads, on one snapshot; quick look-ups."""

    async def search(self, body: Body[T]) -> T:
        """Run a body that reads much, where nobody has to wait for it."""

    async def close(self) -> None:
        """Finish what runs, then stop."""
