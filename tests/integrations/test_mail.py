"""Mail over real SMTP servers, and into a folder."""

import email
import email.policy
import ssl
from pathlib import Path

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from tests.support.certificates import certificate
from tests.support.smtp import Inbox, smtp_server

from cyan.integrations.mail import (
    FolderMailer,
    MailUndelivered,
    SmtpMailer,
    SmtpServer,
    choose_mailer,
)

SENDER = "Cyan <cyan@example.org>"


@pytest.fixture
def server_tls(tmp_path: Path) -> ssl.SSLContext:
    """A certificate for 127.0.0.1 that nobody vouches for."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate(tmp_path))
    return context


async def test_a_mail_arrives_as_it_was_written() -> None:
    inbox = Inbox()
    async with smtp_server(inbox) as port:
        mailer = choose_mailer(f"smtp://127.0.0.1:{port}", SENDER, Path("unused"))
        await mailer.send("ann@example.com", "Grüße\nInjected: yes", "Hällo,\n\nja.\n")
    (mail,) = inbox.mails
    assert mail["From"] == SENDER
    assert mail["To"] == "ann@example.com"
    assert mail["Subject"] == "Grüße Injected: yes"
    assert mail["Injected"] is None
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@example.org>")
    assert mail.get_content().splitlines() == ["Hällo,", "", "ja."]


async def test_starttls_is_used_where_offered_and_the_certificate_counts(
    server_tls: ssl.SSLContext,
) -> None:
    inbox = Inbox()
    async with smtp_server(inbox, tls_context=server_tls) as port:
        with pytest.raises(MailUndelivered, match=r"certificate|CERTIFICATE"):
            await _to(f"smtp://127.0.0.1:{port}")
        await _to(f"smtp://127.0.0.1:{port}?verify=no")
        await _to(f"smtp://127.0.0.1:{port}?starttls=never")
    assert inbox.encrypted == [True, False]


async def test_smtps_speaks_tls_from_the_first_byte(server_tls) -> None:
    inbox = Inbox()
    async with smtp_server(inbox, tls=server_tls) as port:
        await _to(f"smtps://127.0.0.1:{port}?verify=no")
    assert len(inbox.mails) == 1


async def test_the_password_of_the_url_signs_in(server_tls) -> None:
    seen = []

    def check(server, session, envelope, mechanism, data) -> AuthResult:
        assert isinstance(data, LoginPassword)
        seen.append((data.login, data.password))
        return AuthResult(success=data.password == b"pass word/", handled=False)

    inbox = Inbox()
    options = {
        "authenticator": check,
        "tls_context": server_tls,
    }
    async with smtp_server(inbox, auth_required=True, **options) as port:
        here = f"127.0.0.1:{port}?verify=no"
        await _to(f"smtp://ann%40x:pass%20word%2F@{here}")
        with pytest.raises(MailUndelivered):
            await _to(f"smtp://ann%40x:wrong@{here}")
    assert seen[0] == (b"ann@x", b"pass word/")
    assert len(inbox.mails) == 1


async def test_no_password_travels_in_the_clear() -> None:
    inbox = Inbox()
    async with smtp_server(inbox) as port:
        with pytest.raises(MailUndelivered, match="STARTTLS"):
            await _to(f"smtp://ann:secret@127.0.0.1:{port}")
    assert inbox.mails == []


async def test_a_server_that_refuses_or_is_not_there_is_told_as_undelivered() -> None:
    inbox = Inbox()
    inbox.answer = "452 Try later"
    async with smtp_server(inbox) as port:
        with pytest.raises(MailUndelivered, match="452"):
            await _to(f"smtp://127.0.0.1:{port}")
    with pytest.raises(MailUndelivered):
        await _to(f"smtp://127.0.0.1:{port}")


async def _to(url: str) -> None:
    mailer = SmtpMailer(SmtpServer.parse(url), SENDER)
    await mailer.send("ann@example.com", "Hello", "Hello.\n")


@pytest.mark.parametrize(
    "url",
    [
        "http://mail.example.org",
        "smtp://",
        "smtp://mail.example.org?starttls=maybe",
        "smtp://mail.example.org?verify=perhaps",
        "smtp://mail.example.org?colour=red",
        "smtp://mail.example.org:99999",
    ],
)
def test_an_unusable_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        SmtpServer.parse(url)


def test_ports_and_starttls_have_sensible_defaults() -> None:
    plain = SmtpServer.parse("smtp://mail.example.org")
    assert (plain.port, plain.tls, plain.starttls) == (587, False, None)
    secret = SmtpServer.parse("smtp://a:b@mail.example.org")
    assert secret.starttls is True
    encrypted = SmtpServer.parse("smtps://a:b@mail.example.org")
    assert (encrypted.port, encrypted.tls, encrypted.starttls) == (465, True, False)


async def test_without_a_server_mails_become_files(tmp_path: Path) -> None:
    mailer = choose_mailer("", SENDER, tmp_path / "mail")
    assert isinstance(mailer, FolderMailer)
    await mailer.send("ann@example.com", "First", "One.\n")
    await mailer.send("bob@example.com", "Second", "Two.\n")
    files = sorted((tmp_path / "mail").iterdir())
    assert [file.suffix for file in files] == [".eml", ".eml"]
    mails = [
        email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        for file in files
    ]
    assert [mail["To"] for mail in mails] == ["ann@example.com", "bob@example.com"]
    assert mails[1].get_content() == "Two.\n"
