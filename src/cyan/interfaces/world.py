"""What services need from outside besides a store, and the `World` of it all."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from cyan.interfaces.store import Store
from cyan.model.identifiers import DeviceID
from cyan.model.settings import Settings


class DeviceAbsent(Exception):
    """No gateway holds a session of this device."""


class DeviceSilent(Exception):
    """The device did not answer in time."""


Message = Any
Listener = Callable[[Message], None]
Stop = Callable[[], None]
Answerer = Callable[[Message], Awaitable[Any]]


class Bus(Protocol):
    """Telling others, and asking a device through whoever holds its session.

    Subjects are made in `cyan.bus.subjects` alone. A listener is called for each
    message of its subject, must not block or raise, and keeps its own bounded
    queue where it needs one: the publisher never waits.
    """

    def publish(self, subject: str, message: Message) -> None:
        """Hand a message to all listeners of a subject."""

    def listen(self, subject: str, listener: Listener) -> Stop:
        """Call `listener` from now on; call what this returns to stop."""

    async def ask(self, device_id: DeviceID, message: Message, timeout: float) -> Any:
        """Ask a device's session; `DeviceAbsent` or `DeviceSilent` (seconds)."""

    def answer(self, device_id: DeviceID, answerer: Answerer) -> Stop:
        """Answer what is asked of a device from now on; the latest one answers."""


class Mailer(Protocol):
    """Sends one mail, by SMTP or into a folder."""

    async def send(self, recipient: str, subject: str, text: str) -> None:
        """Send it; raises `OSError` or its kin when it must be tried again."""


class Clock(Protocol):
    """Time, which tests set."""

    def now(self) -> datetime:
        """This moment, aware, UTC."""


class Secrets(Protocol):
    """Random values, hashes and signatures; slow ones run off the loop."""

    def token(self) -> str:
        """160 random bits as 40 lower-case hex digits."""

    def id(self) -> str:
        """96 random bits as 24 lower-case hex digits."""

    def hash_token(self, token: str) -> str:
        """What is stored of a token (a fast hash: tokens are random)."""

    def sign(self, text: str) -> str:
        """A signature that only this server can make, as 40 hex digits."""

    def is_signature(self, text: str, signature: str) -> bool:
        """Whether `sign` made it; takes the same time either way."""

    async def hash_password(self, password: str) -> str:
        """An argon2id hash."""

    async def is_password(self, password: str, password_hash: str | None) -> bool:
        """Whether it matches; takes as long when there is no account (None)."""

    def totp_secret(self) -> str:
        """A new secret for one-time codes, base32."""

    def totp_step(self, secret: str, code: str, at: datetime) -> int | None:
        """The time step that a code belongs to, None if it is wrong or too old."""


class Throttle(Protocol):
    """Counts attempts in memory, per name and key."""

    def take(self, name: str, key: str, *, cost: int = 1) -> timedelta | None:
        """Count an attempt; how long to wait if there were too many, else None."""

    def peek(self, name: str, key: str) -> timedelta | None:
        """How long to wait, counting nothing."""

    def forget(self, name: str, key: str) -> None:
        """Start again from nothing, as after a success."""


class Meter(Protocol):
    """Counts data operations (EVT-3); kept in memory and written now and then."""

    def count(self, holder: str, kind: str, operations: int) -> None:
        """Count operations of an account or a product, in the present month."""


@dataclass(frozen=True, slots=True)
class World:
    """The bundle of outside things that a use case gets."""

    store: Store
    bus: Bus
    mailer: Mailer
    clock: Clock
    secrets: Secrets
    throttle: Throttle
    meter: Meter
    settings: Settings
