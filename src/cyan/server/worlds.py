"""The world of a server: every outside thing, made from the settings."""

from pathlib import Path

from cyan.bus import LocalBus
from cyan.config import Config
from cyan.integrations.clock import SystemClock
from cyan.integrations.mail import choose_mailer
from cyan.integrations.secrets import ServerSecrets, load_signing_key
from cyan.interfaces import World
from cyan.model.settings import Settings
from cyan.services.metering import Tally
from cyan.services.throttle import MemoryThrottle
from cyan.storage import open_store


def database_url(config: Config) -> str:
    """The database's URL: SQLite in the data folder unless another is set."""
    return config.database_url or f"sqlite:///{config.data_dir / 'cyan.db'}"


async def make_world(config: Config, public_url: str) -> World:
    """Open the store and make the rest; the data folder is made if need be.

    `public_url` is how people reach the server where the settings do not say so.
    Call `close_world` at the end.
    """
    config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    clock = SystemClock()
    store = await open_store(database_url(config))
    return World(
        store=store,
        bus=LocalBus(),
        mailer=choose_mailer(
            config.smtp_url, config.mail_from, config.data_dir / "mail"
        ),
        clock=clock,
        secrets=ServerSecrets(load_signing_key(_keys(config) / "links.key")),
        throttle=MemoryThrottle(config.rate_limits),
        meter=Tally(store, clock),
        settings=Settings(
            public_url=config.public_url or public_url,
            sign_up=config.signup,
            first_contact=config.first_contact,
            sandbox_devices=config.sandbox_devices,
            rate_limits=config.rate_limits,
        ),
    )


def _keys(config: Config) -> Path:
    return config.data_dir / "keys"


async def close_world(world: World) -> None:
    """Write what is still in memory, and close the store."""
    if isinstance(world.meter, Tally):
        await world.meter.flush()
    await world.store.close()
    if isinstance(world.secrets, ServerSecrets):
        world.secrets.close()
