"""The life of the server's process: start, serve until a signal, stop gracefully."""

import asyncio
import contextlib
import gc
import resource
import signal
import sys
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import uvloop

from cyan.api.application import Application
from cyan.api.proxies import Proxies
from cyan.api.tables import TABLES
from cyan.config import Config
from cyan.gateway import Gateway
from cyan.interfaces import World, subjects
from cyan.jobs import Job, Runner, end_expired, send_due_notices, work_on_imports
from cyan.server.banner import Addresses, banner, write_ready_file
from cyan.server.data_folder import held
from cyan.server.http import Front, HttpServer
from cyan.server.keys import device_tcp_key, public_key_file
from cyan.server.logs import set_up_logs
from cyan.server.worlds import close_world, make_world
from cyan.services.metering import Tally
from cyan.services.sign_up import ensure_set_up_link
from cyan.services.tokens import Authenticator


def serve(config: Config, ready_file: Path | None = None) -> int:
    """Serve until SIGINT or SIGTERM; the exit code."""
    set_up_logs(config.log_format, config.log_level)
    allow_many_connections()
    uvloop.run(_serve(config, ready_file))
    return 0


def allow_many_connections() -> None:
    """Take as many open files as the system grants; each device needs one.

    The usual soft limit of 1,024 would turn the thousandth device away.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):  # some systems want less
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _serve(config: Config, ready_file: Path | None) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    async with AsyncExitStack() as stack:
        await _start(config, ready_file, stack)
        gc.freeze()  # what lives as long as the process is not looked through again
        await stopping.wait()
        _say("Stopping: devices are told, requests are finished.")


async def _start(
    config: Config, ready_file: Path | None, stack: AsyncExitStack
) -> None:
    """Start everything in its order; the stack stops it in the opposite one."""
    stack.enter_context(held(config.data_dir))
    http = HttpServer(config)
    world = await make_world(config, http.url)
    stack.push_async_callback(close_world, world)
    await world.store.transact(lambda tx: tx.devices.end_all_sessions())
    jobs = Runner(world.bus, _jobs(world))
    gateway = Gateway(world, device_tcp_key(config.data_dir))
    api = Application(world, TABLES, Authenticator(world).authenticate)
    await gateway.start(config.host, config.device_tcp_port)
    stack.push_async_callback(gateway.stop)
    await http.start(Front(world, api, Proxies(config.trusted_proxies)))
    stack.push_async_callback(http.stop)
    stack.callback(api.streams.end_all)
    jobs.start()
    stack.push_async_callback(jobs.stop)
    where = Addresses(http.url, gateway.address, public_key_file(config.data_dir))
    link = await ensure_set_up_link(world)
    if ready_file is not None:
        write_ready_file(ready_file, where)
    _say(banner(config, where, link))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _jobs(world: World) -> list[Job]:
    jobs = [
        Job(
            "outbox relay",
            lambda: send_due_notices(world),
            timedelta(seconds=30),
            subjects.OUTBOX,
            gather=timedelta(milliseconds=50),  # each claim wakes it, few have mails
        ),
        Job(
            "imports",
            lambda: work_on_imports(world),
            timedelta(seconds=5),
            subjects.IMPORTS,
        ),
        Job("expiries", lambda: end_expired(world), timedelta(minutes=5)),
    ]
    if isinstance(world.meter, Tally):
        jobs.append(Job("metering", world.meter.flush, timedelta(seconds=5)))
    return jobs
