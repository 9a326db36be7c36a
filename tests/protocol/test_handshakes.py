"""The handshake over TCP, and what a peer may send instead (device wire §1.1)."""

import os

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.support.sessions import (
    DEVICE_DER,
    DEVICE_KEY,
    ID,
    MODERN,
    NOW,
    SERVER_KEY,
)

from cyan.protocol import tcp_handshake as handshake
from cyan.protocol.coap import Code, Message, Option, Type
from cyan.protocol.device_session import DeviceSession
from cyan.protocol.happenings import (
    Closed,
)
from cyan.protocol.server_session import ServerSession
from cyan.protocol.states import State

PATH = Option.URI_PATH


def test_credentials_are_the_forty_bytes_of_the_wire() -> None:
    raw = bytes(range(40))
    assert handshake.Credentials.of(raw).raw == raw


def spki(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    "offered",
    [
        bytes(162),
        b"x" * 161,
        spki(ec.generate_private_key(ec.SECP256R1()).public_key()),
    ],
    ids=["no key", "another length", "another kind"],
)
def test_an_offered_key_that_is_none_is_refused(offered: bytes) -> None:
    nonce = os.urandom(40)
    sealed = handshake.make_offer(SERVER_KEY.public_key(), nonce, ID, offered)
    with pytest.raises(handshake.HandshakeRefused):
        handshake.read_offer(SERVER_KEY, nonce, sealed)


def test_a_recorded_key_of_another_kind_is_refused() -> None:
    credentials = handshake.Credentials.of(os.urandom(40))
    for key in (
        spki(ec.generate_private_key(ec.SECP256R1()).public_key()),
        spki(rsa.generate_private_key(65537, 2048).public_key()),
        DEVICE_DER[:29] + ((1 << 1023) + 2).to_bytes(128) + DEVICE_DER[-5:],  # is even
    ):
        with pytest.raises(handshake.HandshakeRefused):
            handshake.answer_offer(SERVER_KEY, key, credentials)


def test_what_is_no_offer_is_refused() -> None:
    for sealed in (b"", bytes(10), bytes(256), b"\xff" * 256):
        with pytest.raises(handshake.HandshakeRefused):
            handshake.read_offer(SERVER_KEY, bytes(40), sealed)


def test_an_offer_with_any_byte_changed_is_refused() -> None:
    nonce = os.urandom(40)
    sealed = handshake.make_offer(SERVER_KEY.public_key(), nonce, ID, DEVICE_DER)
    for at in range(len(sealed)):
        changed = sealed[:at] + bytes((sealed[at] ^ 0x40,)) + sealed[at + 1 :]
        with pytest.raises(handshake.HandshakeRefused):
            handshake.read_offer(SERVER_KEY, nonce, changed)


def test_an_offer_without_a_key_is_read_and_half_an_id_is_not() -> None:
    nonce = os.urandom(40)
    public = SERVER_KEY.public_key()
    bare = handshake.make_offer(public, nonce, ID, None)
    offer = handshake.read_offer(SERVER_KEY, nonce, bare)
    assert (offer.device_id, offer.offered_key) == (ID, None)
    short = handshake.make_offer(public, nonce[:-6], ID, None)
    with pytest.raises(handshake.HandshakeRefused):
        handshake.read_offer(SERVER_KEY, nonce[:-6], short)


def test_a_device_admits_no_server_but_its_own() -> None:
    credentials = handshake.Credentials.of(os.urandom(40))
    answer = handshake.answer_offer(SERVER_KEY, DEVICE_DER, credentials)
    public = SERVER_KEY.public_key()
    got = handshake.read_answer(DEVICE_KEY, public, answer)
    assert got == credentials
    other = rsa.generate_private_key(65537, 2048)
    forged = handshake.answer_offer(other, DEVICE_DER, credentials)
    replayed = handshake.answer_offer(
        SERVER_KEY, DEVICE_DER, handshake.Credentials.of(os.urandom(40))
    )
    mixed = replayed[:128] + answer[128:]
    for bad in (forged, mixed, bytes(384), answer[:-1]):
        with pytest.raises(handshake.HandshakeRefused):
            handshake.read_answer(DEVICE_KEY, public, bad)


def test_an_answer_with_too_few_secrets_is_refused() -> None:
    class Short:
        raw = b"x" * 39

    answer = handshake.answer_offer(SERVER_KEY, DEVICE_DER, Short())
    with pytest.raises(handshake.HandshakeRefused):
        handshake.read_answer(DEVICE_KEY, SERVER_KEY.public_key(), answer)


def test_frames_that_come_early_are_not_lost() -> None:
    """The device's hello may arrive while the offer is still being opened."""
    nonce = os.urandom(40)
    server = ServerSession(nonce, NOW)
    device = DeviceSession(NOW)
    device.receive(server.bytes_to_send(), NOW)
    device.offer(bytes(256))
    server.receive(device.bytes_to_send(), NOW)
    credentials = handshake.Credentials.of(os.urandom(40))
    device.state = State.AWAITING_ANSWER
    device.admit(credentials, MODERN, NOW)
    server.receive(device.bytes_to_send(), NOW)
    server.admit(bytes(384), credentials, NOW)
    assert server.state is State.AWAITING_WELCOME


def test_too_much_before_the_answer_is_closed() -> None:
    server = ServerSession(bytes(40), NOW)
    server.receive(bytes(256), NOW)
    server.receive(bytes(3000), NOW)
    assert server.happenings()[-1] == Closed("too much before the answer")
    server.receive(b"more", NOW)
    server.wake(NOW + 100)
    server.close("again")
    assert server.happenings() == []


def test_an_offer_after_the_end_is_not_sent() -> None:
    device = DeviceSession(NOW)
    device.offer(bytes(256))
    assert device.bytes_to_send() == b""
    device.wake(NOW + 30)
    assert device.happenings() == [Closed("handshake too slow")]


def test_a_device_that_is_not_welcomed_gives_up() -> None:
    device = DeviceSession(NOW)
    device.receive(bytes(40), NOW)
    device.admit(handshake.Credentials.of(bytes(40)), MODERN, NOW)
    device.wake(NOW + 4)
    assert device.state is State.CLOSED


def test_a_welcome_may_come_in_one_piece_with_the_answer() -> None:
    device = DeviceSession(NOW)
    device.receive(bytes(40), NOW)
    credentials = handshake.Credentials.of(bytes(40))
    server = ServerSession(bytes(40), NOW)
    server._encrypt(credentials)
    welcome = Message(Type.NON, Code.POST, 1, b"", ((PATH, b"h"),))
    server._send(welcome)
    device.receive(bytes(384) + server.bytes_to_send()[40:], NOW)
    device.admit(credentials, MODERN, NOW)
    assert device.state is State.OPEN
