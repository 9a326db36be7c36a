"""Public keys and serial numbers of devices (REST contract §2.9)."""

from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)
from msgspec import Struct

from cyan.api.errors import Family
from cyan.api.routing import Routes
from cyan.interfaces import World
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode as Code
from cyan.model.decisions import refused
from cyan.services import devices, keys

routes = Routes()


class KeyUpload(Struct):
    """What `particle keys send` and the SDK send; the rest of it is ignored."""

    publicKey: str | None = None  # noqa: N815 - a wire field
    deviceID: str | None = None  # noqa: N815 - a wire field


@routes(
    "POST /v1/provisioning/{device}",
    scope="keys:upload",
    family=Family.PERMISSION,
    refusals=(Code.DEVICE_UNKNOWN, Code.KEY_UNUSABLE, Code.KEY_PROTECTED),
)
async def record_key(
    world: World, actor: Actor, device: str, body: KeyUpload
) -> dict[str, Any]:
    """Record the public key that a device has to prove (IDN-8)."""
    recorded = await keys.record_key(world, actor, device, _read_key(body.publicKey))
    return {"ok": True, "id": recorded.id, "deviceID": recorded.id}


def _read_key(pem: str | None) -> bytes:
    """A device's public key in PEM, RSA-1024 or P-256, as SPKI DER (wire §7)."""
    if not pem:
        raise _unusable("No key provided")
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise _unusable("Key error: this is no public key in PEM form") from None
    right_size = (isinstance(key, rsa.RSAPublicKey) and key.key_size == 1024) or (
        isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp256r1"
    )
    if not right_size:
        raise _unusable("Key error: devices have RSA keys of 1024 bits, or P-256 keys")
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _unusable(reason: str) -> Exception:
    return refused(
        Code.KEY_UNUSABLE,
        reason,
        rule="IDN-8",
        remedy="Send the PEM file that `particle keys save` writes, as publicKey.",
    )


@routes(
    "GET /v1/serial_numbers/{serial}",
    scope="serials:get",
    family=Family.SINGLE,
    refusals=(Code.SERIAL_UNKNOWN, Code.RATE_LIMITED),
)
async def look_up_serial(world: World, actor: Actor, serial: str) -> dict[str, Any]:
    """Look up the Device ID that belongs to a serial number (IDN-2)."""
    device = await devices.look_up_serial(world, actor, serial)
    return {
        "ok": True,
        "deviceID": device.id,
        "device_id": device.id,
        "platform_id": device.platform_id,
        "serial_number": device.serial_number,
    }
