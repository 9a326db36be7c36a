"""The handshake over TCP: each side proves that it holds its RSA key (wire §1.1).

Pure functions; the private operations take about a millisecond each, so the
drivers run them off their loops. Every bad input raises `HandshakeRefused` with
the same words: an attacker learns nothing from how a message was wrong.
"""

import hashlib
import hmac
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils
from cryptography.hazmat.primitives.serialization import load_der_public_key

from cyan.model.identifiers import DeviceID

NONCE_BYTES = 40
SEALED_BYTES = 256
CREDENTIALS_BYTES = 40
CIPHER_BYTES = 128
ANSWER_BYTES = CIPHER_BYTES + 256
DEVICE_KEY_BITS = 1024
DEVICE_KEY_BYTES = 162

_NO_DIGEST = utils.NoDigestInfo()


class HandshakeRefused(Exception):
    """The other side did not prove what it had to."""

    def __init__(self) -> None:
        super().__init__("the handshake was refused")


@dataclass(frozen=True, slots=True)
class Offer:
    """What a device says of itself; nothing of it is proven yet.

    `offered_key` is SPKI DER, None from ancient firmware.
    """

    device_id: DeviceID
    offered_key: bytes | None


@dataclass(frozen=True, slots=True)
class Credentials:
    """The session's secrets: AES key (16 bytes), first IV (16) and salt (8)."""

    key: bytes
    iv: bytes
    salt: bytes

    @classmethod
    def of(cls, random: bytes) -> "Credentials":
        """Make them of 40 random bytes."""
        return cls(random[:16], random[16:32], random[32:40])

    @property
    def raw(self) -> bytes:
        """The 40 bytes of the wire."""
        return self.key + self.iv + self.salt


def read_offer(key: rsa.RSAPrivateKey, nonce: bytes, sealed: bytes) -> Offer:
    """Server: open the device's 256 bytes; they must hold our nonce."""
    try:
        plain = key.decrypt(sealed, padding.PKCS1v15())
    except ValueError:
        raise HandshakeRefused from None
    if not hmac.compare_digest(plain[:NONCE_BYTES], nonce):
        raise HandshakeRefused
    identity, offered = plain[NONCE_BYTES : NONCE_BYTES + 12], plain[NONCE_BYTES + 12 :]
    if len(identity) != 12 or (offered and len(offered) != DEVICE_KEY_BYTES):
        raise HandshakeRefused
    if offered:
        _device_key(offered)
    return Offer(DeviceID.of_bytes(identity), offered or None)


def answer_offer(
    key: rsa.RSAPrivateKey, device_key: bytes, credentials: Credentials
) -> bytes:
    """Server: the credentials for whoever holds `device_key`, signed by us.

    What is signed is the bare HMAC, without a DigestInfo, as the firmware checks it.
    """
    try:
        cipher = _device_key(device_key).encrypt(credentials.raw, padding.PKCS1v15())
    except ValueError:  # a number of the right size that is no modulus
        raise HandshakeRefused from None
    digest = _digest(credentials.raw, cipher)
    return cipher + key.sign(digest, padding.PKCS1v15(), _NO_DIGEST)


def _digest(raw: bytes, cipher: bytes) -> bytes:
    return hmac.new(raw, cipher, hashlib.sha1).digest()


def _device_key(der: bytes) -> rsa.RSAPublicKey:
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        raise HandshakeRefused from None
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size != DEVICE_KEY_BITS:
        raise HandshakeRefused
    return key


def make_offer(
    server_key: rsa.RSAPublicKey,
    nonce: bytes,
    device_id: DeviceID,
    device_key: bytes | None,
) -> bytes:
    """Device: seal our id and public key (SPKI DER) for the server."""
    plain = nonce + device_id.raw + (device_key or b"")
    return server_key.encrypt(plain, padding.PKCS1v15())


def read_answer(
    key: rsa.RSAPrivateKey, server_key: rsa.RSAPublicKey, answer: bytes
) -> Credentials:
    """Device: open the server's 384 bytes, and check who signed them."""
    cipher, signature = answer[:CIPHER_BYTES], answer[CIPHER_BYTES:]
    try:
        raw = key.decrypt(cipher, padding.PKCS1v15())
        signed = server_key.recover_data_from_signature(
            signature, padding.PKCS1v15(), None
        )
    except (ValueError, InvalidSignature):
        raise HandshakeRefused from None
    if not hmac.compare_digest(signed, _digest(raw, cipher)):
        raise HandshakeRefused
    if len(raw) != CREDENTIALS_BYTES:
        raise HandshakeRefused
    return Credentials.of(raw)
