"""A `World` over a real SQLite file, with a clock that tests set."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support.sqlite_files import new_sqlite

from cyan.bus import LocalBus
from cyan.integrations.secrets import PasswordCost, ServerSecrets
from cyan.interfaces import World
from cyan.model.settings import Settings
from cyan.services.metering import Tally
from cyan.services.throttle import MemoryThrottle
from cyan.storage import open_store

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
QUICK = PasswordCost(passes=1, memory=8, lanes=1)
PUBLIC_URL = "https://cloud.example.org"


class SetClock:
    """A `Clock` that stands still until it is told."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> None:
        self.at += by

    def advance_seconds(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Mail:
    """One mail, as it was handed in."""

    recipient: str
    subject: str
    text: str


@dataclass
class ListMailer:
    """A `Mailer` that keeps its mails in a list, or fails while `broken`."""

    mails: list[Mail] = field(default_factory=list)
    broken: bool = False

    async def send(self, recipient: str, subject: str, text: str) -> None:
        if self.broken:
            raise ConnectionRefusedError("no mail today")
        self.mails.append(Mail(recipient, subject, text))


def some_secrets() -> ServerSecrets:
    """Real secrets with a quick argon2id."""
    return ServerSecrets(b"k" * 32, QUICK)


@asynccontextmanager
async def a_world(
    folder: Path,
    *,
    rate_limits: float = 1.0,
    database_url: str | None = None,
    **settings: Any,
) -> AsyncIterator[World]:
    """A world over a database, by default a new SQLite file in `folder`.

    `settings` as in `Settings`.
    """
    clock = SetClock()
    secrets = some_secrets()
    store = await open_store(database_url or new_sqlite(folder / "cyan.db"))
    try:
        yield World(
            store=store,
            bus=LocalBus(),
            mailer=ListMailer(),
            clock=clock,
            secrets=secrets,
            throttle=MemoryThrottle(rate_limits, lambda: clock.at.timestamp()),
            meter=Tally(store, clock),
            settings=Settings(public_url=PUBLIC_URL, **settings),
        )
    finally:
        await store.close()
        secrets.close()
