"""A real SMTP server on this event loop, on a port from the kernel."""

import asyncio
import email
import email.policy
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP


class Inbox:
    """What an SMTP server took; `answer` is what it says to the next mail."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.encrypted: list[bool] = []
        self.answer = "250 OK"
        self.arrived = asyncio.Event()

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            mail = email.message_from_bytes(
                envelope.content, policy=email.policy.default
            )
            self.mails.append(mail)
            self.encrypted.append(session.ssl is not None)
            self.arrived.set()
        return self.answer

    async def next_mail(self) -> EmailMessage:
        """Wait for a mail, then take the oldest."""
        while not self.mails:
            self.arrived.clear()
            await self.arrived.wait()
        return self.mails.pop(0)


@asynccontextmanager
async def smtp_server(
    inbox: Inbox, *, tls: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[int]:
    """Serve an inbox; `tls` speaks TLS from the first byte, `options` are SMTP's."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(inbox, hostname="mail.example.org", loop=loop, **options),
        "127.0.0.1",
        0,
        ssl=tls,
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
