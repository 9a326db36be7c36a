"""A device written from the protocol's document alone, without a line of Cyan's own.

It sends exactly the bytes that a test gives it and shows exactly those that come back,
so a mistake that both sides of `cyan.protocol` would share is noticed here.
"""

import hashlib
import hmac
import os
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

CON, NON, ACK, RST = range(4)
EMPTY, GET, POST, PUT = range(4)
URI_PATH, URI_QUERY = 11, 15
Options = Sequence[tuple[int, bytes]]


def option(delta: int, value: bytes) -> bytes:
    """One CoAP option, RFC 7252 section 3.1."""

    def nibble(number: int) -> tuple[int, bytes]:
        if number < 13:
            return number, b""
        if number < 269:
            return 13, bytes([number - 13])
        return 14, struct.pack(">H", number - 269)

    (high, more), (low, length) = nibble(delta), nibble(len(value))
    return bytes([high << 4 | low]) + more + length + value


@dataclass(frozen=True)
class Message:
    """A CoAP message, RFC 7252 section 3."""

    kind: int
    code: int
    mid: int
    token: bytes = b""
    options: Options = ()
    payload: bytes = b""

    def pack(self) -> bytes:
        """The bytes of it."""
        out = struct.pack(
            ">BBH", 0x40 | self.kind << 4 | len(self.token), self.code, self.mid
        )
        out += self.token
        before = 0
        for number, value in self.options:
            out += option(number - before, value)
            before = number
        return out + (b"\xff" + self.payload if self.payload else b"")

    @classmethod
    def read(cls, raw: bytes) -> "Message":
        """The message of these bytes."""
        first, code, mid = struct.unpack(">BBH", raw[:4])
        at, number = 4 + (first & 15), 0
        token, options, payload = raw[4:at], [], b""
        while at < len(raw):
            if raw[at] == 0xFF:
                payload = raw[at + 1 :]
                break
            fields = [raw[at] >> 4, raw[at] & 15]
            at += 1
            for index, field in enumerate(fields):
                if field == 13:
                    fields[index] = raw[at] + 13
                elif field == 14:
                    fields[index] = struct.unpack(">H", raw[at : at + 2])[0] + 269
                at += max(0, field - 12)
            number += fields[0]
            options.append((number, raw[at : at + fields[1]]))
            at += fields[1]
        return cls(first >> 4 & 3, code, mid, token, tuple(options), payload)

    @property
    def path(self) -> list[bytes]:
        """Its path, a segment each."""
        return [value for number, value in self.options if number == URI_PATH]


def path(*segments: bytes) -> list[tuple[int, bytes]]:
    """The options of a path."""
    return [(URI_PATH, segment) for segment in segments]


class WireDevice:
    """A device of Device OS on encrypted TCP; every wait is at most two seconds."""

    def __init__(
        self, address: tuple[str, int], server_key: Path, device_id: bytes = b""
    ) -> None:
        public = load_pem_public_key(server_key.read_bytes())
        assert isinstance(public, rsa.RSAPublicKey)
        self._address, self._server_key = address, public
        self._device_id = device_id or os.urandom(12)
        self._key = rsa.generate_private_key(65537, 1024)
        self.id = self._device_id.hex()
        self.connect()

    def connect(self) -> None:
        """Do the handshake, as the first time."""
        self._socket = socket.create_connection(self._address, 2)
        offer = self._read(40) + self._device_id
        offer += self._key.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
        self._socket.sendall(self._server_key.encrypt(offer, padding.PKCS1v15()))
        answer = self._read(384)
        secret = self._key.decrypt(answer[:128], padding.PKCS1v15())
        numbers = self._server_key.public_numbers()
        signed = pow(int.from_bytes(answer[128:]), numbers.e, numbers.n)
        mac = hmac.new(secret, answer[:128], hashlib.sha1).digest()
        assert signed.to_bytes(256) == b"\0\1" + b"\xff" * 233 + b"\0" + mac
        self._aes, self._out, self._in = secret[:16], secret[16:32], secret[16:32]
        self.mid = struct.unpack("<H", secret[32:34])[0]

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self._socket.recv(size - len(data))
            if not more:
                raise ConnectionError
            data += more
        return data

    def sealed(self, raw: bytes) -> bytes:
        """The frame of a message."""
        fill = 16 - len(raw) % 16
        cipher = Cipher(algorithms.AES(self._aes), modes.CBC(self._out)).encryptor()
        text = cipher.update(raw + bytes([fill]) * fill) + cipher.finalize()
        self._out = text[:16]
        return struct.pack(">H", len(text)) + text

    def send_bytes(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._socket.sendall(data)

    def send(
        self,
        kind: int,
        code: int,
        options: Options = (),
        payload: bytes = b"",
        token: bytes = b"",
    ) -> int:
        """Send a message with the next message id, and tell that."""
        self.mid = (self.mid + 1) & 0xFFFF
        message = Message(kind, code, self.mid, token, options, payload)
        self.send_bytes(self.sealed(message.pack()))
        return self.mid

    def answer(self, message: Message) -> None:
        """Send a message as it is, with the message id that it has."""
        self.send_bytes(self.sealed(message.pack()))

    def receive(self) -> Message:
        """The next message of the server."""
        text = self._read(struct.unpack(">H", self._read(2))[0])
        cipher = Cipher(algorithms.AES(self._aes), modes.CBC(self._in)).decryptor()
        raw = cipher.update(text) + cipher.finalize()
        self._in = text[:16]
        return Message.read(raw[: -raw[-1]])

    def hello(
        self, *, platform: int = 6, product: int | None = None, system: int = 6200
    ) -> Message:
        """Say hello, and hear it."""
        named = platform if product is None else product
        payload = struct.pack(">HHHH", named, 0xFFFF, 0x36, platform)
        payload += struct.pack(">HHHIH", 0, system, 1152, 0xA00000, 512)
        self.send(NON, POST, path(b"h"), payload)
        return self.receive()

    def close(self) -> None:
        """Lose the link."""
        self._socket.close()
