"""Random values, hashes and signatures.

Tokens are random, so a fast hash hides them well; passwords are not, so they cost
tens of milliseconds and much memory each (argon2id, RFC 9106). A few threads do that
off the event loop, so that a crowd signing in cannot stop the server.
"""

import asyncio
import hashlib
import hmac
import os
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from cyan.model.decisions import RefusalCode, refused

T = TypeVar("T")

_KEY_BYTES = 32
_STEP_SECONDS = 30
_CODE_DIGITS = 6
_SIGNATURE_DIGITS = 40


@dataclass(frozen=True, slots=True)
class PasswordCost:
    """What hashing a password costs, by RFC 9106 §4 (second choice); memory in KiB.

    Tests use a small one.
    """

    passes: int = 3
    memory: int = 64 * 1024
    lanes: int = 4


@dataclass(frozen=True, slots=True)
class HashingRoom:
    """How many passwords are hashed at the same time, and how many may wait."""

    threads: int = 2
    waiting: int = 100


class ServerSecrets:
    """The `Secrets` of a server that holds `key`, which signs its links.

    Call `close` at the end, to let the threads go.
    """

    def __init__(
        self,
        key: bytes,
        cost: PasswordCost | None = None,
        room: HashingRoom | None = None,
    ) -> None:
        cost, room = cost or PasswordCost(), room or HashingRoom()
        self._key = key
        self._hasher = PasswordHasher(
            time_cost=cost.passes, memory_cost=cost.memory, parallelism=cost.lanes
        )
        self._threads = ThreadPoolExecutor(room.threads, "passwords")
        self._most = room.threads + room.waiting
        self._busy = 0
        # Made ahead, so that the first unknown name takes no longer than the next.
        self._nobodys = self._threads.submit(
            self._hasher.hash, secrets.token_bytes(_KEY_BYTES)
        )

    def token(self) -> str:
        """160 random bits as 40 lower-case hex digits."""
        return secrets.token_hex(20)

    def id(self) -> str:
        """96 random bits as 24 lower-case hex digits."""
        return secrets.token_hex(12)

    def hash_token(self, token: str) -> str:
        """SHA-256 as 64 hex digits."""
        return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()

    def sign(self, text: str) -> str:
        """HMAC-SHA-256, its first 160 bits as 40 hex digits."""
        mac = hmac.digest(self._key, text.encode("utf-8", "surrogatepass"), "sha256")
        return mac.hex()[:_SIGNATURE_DIGITS]

    def is_signature(self, text: str, signature: str) -> bool:
        """Whether `sign` made it; takes the same time either way."""
        given = signature.encode("utf-8", "surrogatepass")
        return hmac.compare_digest(self.sign(text).encode(), given)

    async def hash_password(self, password: str) -> str:
        """An argon2id hash in its usual text form, salt and cost included."""
        return await self._off_the_loop(lambda: self._hasher.hash(_bytes(password)))

    async def is_password(self, password: str, password_hash: str | None) -> bool:
        """Whether it matches; without a hash the same work is done for nothing."""
        return await self._off_the_loop(lambda: self._verify(password, password_hash))

    def _verify(self, password: str, password_hash: str | None) -> bool:
        if password_hash is None:
            self._matches(self._nobodys.result(), password)
            return False
        return self._matches(password_hash, password)

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, _bytes(password))
        except (VerificationError, InvalidHashError):
            return False

    async def _off_the_loop(self, work: Callable[[], T]) -> T:
        if self._busy >= self._most:
            raise refused(
                RefusalCode.BUSY,
                "Too many people are signing in.",
                remedy="Try again.",
                retry_after=2,
            )
        self._busy += 1
        future = asyncio.get_running_loop().run_in_executor(self._threads, work)
        future.add_done_callback(self._done)
        return await future

    def _done(self, _: object) -> None:
        self._busy -= 1

    def totp_secret(self) -> str:
        """A new secret for one-time codes, base32, 160 bits (RFC 4226 §4)."""
        return pyotp.random_base32()

    def totp_step(self, secret: str, code: str, at: datetime) -> int | None:
        """The time step of a code, of now or one step off either way (RFC 6238)."""
        digits = code.replace(" ", "")
        if len(digits) != _CODE_DIGITS or not (digits.isascii() and digits.isdecimal()):
            return None
        codes = pyotp.TOTP(secret)
        present = int(at.timestamp()) // _STEP_SECONDS
        found = None
        for step in (present - 1, present, present + 1):
            if hmac.compare_digest(codes.generate_otp(step), digits):
                found = step
        return found

    def close(self) -> None:
        """Let the threads go; what runs is finished."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")


def load_signing_key(path: Path) -> bytes:
    """The key that signs links, made at the first start; readable by its owner only.

    Of several servers that start at once on one folder, one makes the key.
    """
    while True:
        try:
            key = path.read_bytes()
        except FileNotFoundError:
            _make_key(path)
            continue
        if len(key) != _KEY_BYTES:
            raise ValueError(f"{path} is no signing key: it has {len(key)} bytes")
        return key


def _make_key(path: Path) -> None:
    """Write the key beside its place, then link it there unless another was faster."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        draft.unlink()
