"""The server's own key for devices over TCP: made once, kept in the data folder.

A device holds the public half and trusts nobody else, so this file is as precious
as the database: `cyan backup` takes it along. See device wire §7.
"""

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

KEY_BITS = 2048


class KeyFileRefused(ValueError):
    """The file holds no key that devices can use."""


def device_tcp_key(data_dir: Path) -> rsa.RSAPrivateKey:
    """The private key, made and written with mode 0600 if there is none."""
    file = data_dir / "keys" / "device-tcp.pem"
    if not file.exists():
        _write_new(file)
    key = load_pem_private_key(file.read_bytes(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size != KEY_BITS:
        raise KeyFileRefused(f"{file} is no RSA key of {KEY_BITS} bits.")
    return key


def public_key_file(data_dir: Path) -> Path:
    """The public half as PEM, for simulators and for `particle keys server`."""
    file = data_dir / "keys" / "device-tcp.pub.pem"
    public = device_tcp_key(data_dir).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    if not file.exists() or file.read_bytes() != pem:
        file.write_bytes(pem)
    return file


def _write_new(file: Path) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    new = file.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(pem)
        stream.flush()
        os.fsync(stream.fileno())
    new.rename(file)
