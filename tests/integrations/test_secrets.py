"""Random values, hashes, signatures and one-time codes."""

import asyncio
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from tests.support.worlds import QUICK, some_secrets

from cyan.integrations.secrets import (
    HashingRoom,
    PasswordCost,
    ServerSecrets,
    load_signing_key,
)
from cyan.model.decisions import RefusalCode, Refused

NOW = datetime(2026, 11, 24, 12, 0, 10, tzinfo=UTC)


@pytest.fixture
def secrets():
    secrets = some_secrets()
    yield secrets
    secrets.close()


def test_tokens_and_ids_have_the_forms_that_clients_know(secrets) -> None:
    assert len(secrets.token()) == 40
    assert len(secrets.id()) == 24
    assert set(secrets.token() + secrets.id()) <= set("0123456789abcdef")
    assert secrets.token() != secrets.token()


def test_a_signature_is_of_one_text_and_one_server(secrets) -> None:
    signature = secrets.sign("text")
    assert len(signature) == 40
    assert secrets.is_signature("text", signature)
    assert not secrets.is_signature("other", signature)
    assert not secrets.is_signature("text", "")
    assert not secrets.is_signature("text", "é" * 40)
    other = ServerSecrets(b"o" * 32, QUICK)
    assert not other.is_signature("text", signature)
    other.close()


async def test_a_password_matches_its_own_hash_alone(secrets) -> None:
    known = await secrets.hash_password("correct horse")
    assert known.startswith("$argon2id$")
    assert await secrets.is_password("correct horse", known)
    assert not await secrets.is_password("correct house", known)
    assert not await secrets.is_password("correct horse", None)
    assert not await secrets.is_password("", "no hash at all")
    assert await secrets.hash_password("correct horse") != known


async def test_a_servers_hash_costs_what_rfc_9106_recommends() -> None:
    secrets = ServerSecrets(b"k" * 32)
    known = await secrets.hash_password("correct horse")
    secrets.close()
    assert known.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


async def test_an_unknown_account_costs_the_same_work() -> None:
    secrets = ServerSecrets(b"k" * 32, PasswordCost(passes=2, memory=8192, lanes=1))
    known = await secrets.hash_password("correct horse")
    loop = asyncio.get_running_loop()

    async def quickest(password_hash: str | None) -> float:
        times = []
        for _ in range(9):
            begin = loop.time()
            await secrets.is_password("wrong", password_hash)
            times.append(loop.time() - begin)
        return min(times)

    ratio = await quickest(None) / await quickest(known)
    secrets.close()
    assert 0.4 < ratio < 2.5


async def test_a_crowd_is_told_to_come_back() -> None:
    secrets = ServerSecrets(b"k" * 32, QUICK, HashingRoom(threads=1, waiting=1))
    answers = await asyncio.gather(
        *(secrets.hash_password("x") for _ in range(5)), return_exceptions=True
    )
    told = [answer for answer in answers if isinstance(answer, Refused)]
    assert len(told) == 3
    assert {each.refusal.code for each in told} == {RefusalCode.BUSY}
    assert await secrets.hash_password("x"), "there is room again afterwards"
    secrets.close()


def test_a_code_is_good_for_its_step_and_the_next_ones(secrets) -> None:
    secret = secrets.totp_secret()
    codes = pyotp.TOTP(secret)
    step = int(NOW.timestamp()) // 30
    for offset in (-1, 0, 1):
        code = codes.generate_otp(step + offset)
        assert secrets.totp_step(secret, code, NOW) == step + offset
    assert secrets.totp_step(secret, codes.generate_otp(step - 2), NOW) is None
    spaced = codes.generate_otp(step)
    assert secrets.totp_step(secret, f"{spaced[:3]} {spaced[3:]}", NOW) == step
    later = NOW + timedelta(minutes=2)
    assert secrets.totp_step(secret, codes.generate_otp(step), later) is None


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "\uff11" * 6])
def test_what_is_no_code_is_wrong(secrets, code: str) -> None:
    assert secrets.totp_step(secrets.totp_secret(), code, NOW) is None


def test_the_signing_key_is_made_once_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "signing.key"
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(load_signing_key, [path] * 8))
    assert len(keys) == 1
    assert load_signing_key(path) in keys
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["signing.key"]


def test_a_damaged_signing_key_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "signing.key"
    path.write_bytes(b"short")
    with pytest.raises(ValueError, match="no signing key"):
        load_signing_key(path)
