"""Who a pretend device is: its Device ID and its RSA key, kept on disk."""

import random
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from cyan.model.identifiers import DeviceID

KEY_BITS = 1024


def numbered_id(seed: int, number: int) -> DeviceID:
    """The Device ID of this number in a fleet: the same one for the same seed."""
    drawn = random.Random(f"{seed}/{number}")
    return DeviceID.parse(f"{drawn.getrandbits(96):024x}")


@dataclass(frozen=True)
class Identity:
    """A Device ID and the private key that proves it."""

    device_id: DeviceID
    key: rsa.RSAPrivateKey

    @classmethod
    def new(cls, device_id: DeviceID) -> "Identity":
        """A new key for a Device ID."""
        return cls(device_id, rsa.generate_private_key(65537, KEY_BITS))

    @classmethod
    def numbered(cls, seed: int, number: int, folder: Path | None) -> "Identity":
        """The device of this number in a fleet: the same one for the same seed.

        Its Device ID follows from the seed. Its key is random, kept in `folder`, and
        read from there the next time; without a folder it lives as long as this.
        """
        device_id = numbered_id(seed, number)
        if folder is None:
            return cls.new(device_id)
        return cls.kept(device_id, folder)

    @classmethod
    def kept(cls, device_id: DeviceID, folder: Path) -> "Identity":
        """The identity in a folder, made and written there if there is none."""
        file = folder / f"{device_id}.pem"
        if file.exists():
            key = load_pem_private_key(file.read_bytes(), None)
            if not isinstance(key, rsa.RSAPrivateKey):
                raise ValueError(f"{file} holds no RSA key")
            return cls(device_id, key)
        made = cls.new(device_id)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(mode=0o600)
        file.write_bytes(
            made.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        return made

    @property
    def public_key(self) -> bytes:
        """The public half as SPKI DER."""
        public = self.key.public_key()
        return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
