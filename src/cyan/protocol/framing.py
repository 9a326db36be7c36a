"""Frames over TCP: a length and a message under AES-128-CBC (device wire §1.3).

The chaining is the wire's own: after each message, the next IV of that direction
is the first block of the ciphertext that just passed.
"""

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 16
MAX_FRAME = 2048
"""Bytes of ciphertext; the largest that firmware sends is about 1,200."""


class BrokenStream(Exception):
    """What came cannot be a frame: the stream is beyond repair."""


class FrameWriter:
    """Seals messages of one direction."""

    __slots__ = ("_iv", "_key")

    def __init__(self, key: bytes, iv: bytes) -> None:
        self._key = key
        self._iv = iv

    def seal(self, message: bytes) -> bytes:
        """One message as a frame."""
        pad = BLOCK - len(message) % BLOCK
        cipher = Cipher(algorithms.AES(self._key), modes.CBC(self._iv)).encryptor()
        sealed = cipher.update(message + bytes((pad,)) * pad)
        self._iv = sealed[:BLOCK]
        return len(sealed).to_bytes(2, "big") + sealed


class FrameReader:
    """Opens frames of one direction, however they are cut into pieces."""

    __slots__ = ("_iv", "_key", "_rest")

    def __init__(self, key: bytes, iv: bytes) -> None:
        self._key = key
        self._iv = iv
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that are complete now; raises `BrokenStream`."""
        data = self._rest + data
        messages = []
        at = 0
        while len(data) - at >= 2:
            length = data[at] << 8 | data[at + 1]
            if not 0 < length <= MAX_FRAME or length % BLOCK:
                raise BrokenStream(f"a frame of {length} bytes")
            if len(data) - at - 2 < length:
                break
            at += 2
            messages.append(self._open(data[at : at + length]))
            at += length
        self._rest = data[at:]
        return messages

    def _open(self, sealed: bytes) -> bytes:
        cipher = Cipher(algorithms.AES(self._key), modes.CBC(self._iv)).decryptor()
        plain = cipher.update(sealed)
        self._iv = sealed[:BLOCK]
        pad = plain[-1]
        if not 0 < pad <= BLOCK or plain[-pad:] != bytes((pad,)) * pad:
            raise BrokenStream("padding that nobody made")
        return plain[:-pad]
