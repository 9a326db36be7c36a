"""Mail: over SMTP, or into a folder where no SMTP server is set."""

import asyncio
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import make_msgid, parseaddr
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

import aiosmtplib
import structlog

from cyan.interfaces import Mailer

_log = structlog.get_logger(__name__)

_SECONDS = 30.0
_PORTS = {"smtp": 587, "smtps": 465}
_STARTTLS = {"auto": None, "required": True, "never": False}


class MailUndelivered(OSError):
    """The mail did not get away; it may be tried again."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed in.

    `starttls` True insists on an encrypted connection, False never asks for one and
    None takes it where offered; `tls` speaks TLS from the first byte (RFC 8314).
    """

    host: str
    port: int
    username: str | None
    password: str | None
    tls: bool
    starttls: bool | None
    verify: bool

    @classmethod
    def parse(cls, url: str) -> "SmtpServer":
        """Read ``smtp://user:password@host:587?starttls=auto`` or ``smtps://…``.

        ``starttls`` is auto, required or never; with a password it is required
        unless said otherwise, so that no password travels in the clear.
        ``verify=no`` accepts any certificate. `ValueError` says what is wrong.
        """
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("it begins with smtp:// or smtps:// and a host")
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        unknown = set(options) - {"starttls", "verify"}
        starttls = options.get("starttls", "required" if parts.password else "auto")
        verify = options.get("verify", "yes")
        if unknown or starttls not in _STARTTLS or verify not in ("yes", "no"):
            raise ValueError(
                "its options are starttls=auto, required or never, and verify=yes or no"
            )
        tls = parts.scheme == "smtps"
        return cls(
            host=parts.hostname,
            port=parts.port or _PORTS[parts.scheme],
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            tls=tls,
            starttls=False if tls else _STARTTLS[starttls],
            verify=verify == "yes",
        )


class SmtpMailer:
    """The `Mailer` that hands mails to an SMTP server, one connection each."""

    def __init__(self, server: SmtpServer, sender: str) -> None:
        self._server = server
        self._sender = sender
        self._tls = ssl.create_default_context()
        if not server.verify:
            self._tls.check_hostname = False
            self._tls.verify_mode = ssl.CERT_NONE

    async def send(self, recipient: str, subject: str, text: str) -> None:
        """Send a mail; `MailUndelivered` if the server cannot be reached or refuses."""
        server = self._server
        try:
            await aiosmtplib.send(
                compose(self._sender, recipient, subject, text),
                hostname=server.host,
                port=server.port,
                username=server.username,
                password=server.password,
                use_tls=server.tls,
                start_tls=server.starttls,
                tls_context=self._tls,
                timeout=_SECONDS,
            )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise MailUndelivered(f"{type(error).__name__}: {error}") from error


class FolderMailer:
    """The `Mailer` that writes mails into a folder, one ``.eml`` file each."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = sender

    async def send(self, recipient: str, subject: str, text: str) -> None:
        """Write a mail; names sort by time."""
        raw = bytes(compose(self._sender, recipient, subject, text))
        path = await asyncio.to_thread(self._write, raw)
        _log.info("mail_written", recipient=recipient, subject=subject, file=str(path))

    def _write(self, raw: bytes) -> Path:
        """Write beside the final name first: whoever watches sees whole mails only."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{uuid4().hex[:8]}"
        draft = self._folder / f".{stamp}.draft"
        draft.write_bytes(raw)
        return draft.rename(self._folder / f"{stamp}.eml")


def compose(sender: str, recipient: str, subject: str, text: str) -> EmailMessage:
    """A mail as RFC 5322 has it; a subject never spans lines."""
    name, address = parseaddr(sender)
    user, _, domain = address.rpartition("@")
    mail = EmailMessage()
    mail["From"] = Address(name, user, domain)
    mail["To"] = recipient
    mail["Subject"] = " ".join(subject.split())
    mail["Date"] = datetime.now(UTC)
    mail["Message-ID"] = make_msgid(domain=domain)
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday replies, please
    mail.set_content(text)
    return mail


def choose_mailer(smtp_url: str, sender: str, folder: Path) -> Mailer:
    """The mailer for a setting: SMTP, or the folder if there is no URL."""
    if smtp_url:
        return SmtpMailer(SmtpServer.parse(smtp_url), sender)
    return FolderMailer(folder, sender)
