"""The mails that a server without SMTP writes into its data folder."""

import re
import time
from collections.abc import Iterator
from email import message_from_bytes, policy

import httpx
from tests.support.servers import Server


def link_in_mail(server: Server, recipient: str, page: str) -> str:
    """The link to a page in the newest mail to somebody; the relay writes it soon."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        for text in _mails(server, recipient):
            mail = message_from_bytes(text, policy=policy.default)
            body = mail.get_body()
            found = body and re.search(rf"\S+/{page}\?\S+", body.get_content())
            if mail["To"] == recipient and found:
                return found[0]
        httpx.get(f"{server.url}/healthz")  # the server works meanwhile
    raise AssertionError(f"no mail to {recipient} with a link to {page}")


def _mails(server: Server, recipient: str) -> Iterator[bytes]:
    """Those that name somebody, the newest first: to parse all would take long."""
    for file in sorted((server.data_dir / "mail").glob("*.eml"), reverse=True):
        text = file.read_bytes()
        if recipient.encode() in text:
            yield text
