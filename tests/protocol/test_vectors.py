"""What a real device of Device OS 6.2.0 sent, byte by byte (device wire §8).

Each vector is the plain CoAP message; it is fed to a server's session as its device
would send it, and what the server makes of it is compared.
"""

import os

import pytest
from tests.support.sessions import NOW

from cyan.protocol.coap import Code, Message
from cyan.protocol.device_session import DeviceSession
from cyan.protocol.goodbye import Goodbye
from cyan.protocol.happenings import (
    Answered,
    Closed,
    DescribeReceived,
    GoodbyeReceived,
    Happening,
    HelloReceived,
    PublishReceived,
    SubscribeReceived,
)
from cyan.protocol.server_session import ServerSession
from cyan.protocol.states import State
from cyan.protocol.tcp_handshake import Credentials
from cyan.protocol.values import read_result, read_value

HELLO = "5002073eb168ff0003ffff0036000300001838048000a000000200"
PRODUCT_HELLO = (
    "40020001b168ff000d00070036000d000c012345678 9abcdef012345641838048000a000000200"
)


def octets(text: str) -> bytes:
    return bytes.fromhex(text.replace(" ", ""))


class Captured:
    """A server's session that hears what a device once said."""

    def __init__(self, hello: str = HELLO) -> None:
        credentials = Credentials.of(os.urandom(40))
        self.server = ServerSession(bytes(40), NOW)
        self.server.receive(bytes(256), NOW)
        self.server.admit(b"", credentials, NOW)
        self.device = DeviceSession(NOW)
        self.device._encrypt(credentials)
        self.server.happenings()
        self.server.bytes_to_send()  # the nonce
        (told,) = self.hears(hello)
        assert isinstance(told, HelloReceived)
        self.hello = told.hello
        self.server.welcome()
        self.said()

    def hears(self, wire: str) -> list[Happening]:
        self.device._write(octets(wire))
        self.server.receive(self.device.bytes_to_send(), NOW)
        return self.server.happenings()

    def said(self) -> list[Message]:
        """The messages that the server sent since, opened."""
        reader = self.device._reader
        assert reader is not None
        return [
            Message.decode(each) for each in reader.feed(self.server.bytes_to_send())
        ]


@pytest.fixture
def captured() -> Captured:
    return Captured()


def test_the_hello_over_tcp(captured: Captured) -> None:
    hello = captured.hello
    assert (hello.platform_id, hello.product_id, hello.product_version) == (3, 3, None)
    assert (hello.system_version, hello.max_message) == (6200, 1152)
    assert (hello.max_binary, hello.ota_chunk) == (0xA00000, 512)


def test_the_hello_of_a_product_with_its_device_id() -> None:
    hello = Captured(PRODUCT_HELLO).hello
    assert (hello.platform_id, hello.product_id, hello.product_version) == (13, 13, 7)
    assert hello.device_id == octets("0123456789abcdef01234564")


def test_the_system_describes_itself(captured: Captured) -> None:
    start = "41020002 37 b164 112a 3101 ff"
    module = "0a07 0804 1001 18e807"
    (told,) = captured.hears(start + module)
    assert isinstance(told, DescribeReceived)
    assert told.described.modules is not None
    assert told.described.modules[0].version == 1000
    (answer,) = captured.said()
    assert (answer.code, answer.mid, answer.token) == (Code.CHANGED, 2, b"\x37")


def test_the_application_describes_itself(captured: Captured) -> None:
    payload = b'{"f":["go"],"v":{"temp":9}}'.hex()
    (told,) = captured.hears("41020006 39 b164 4102 ff" + payload)
    assert isinstance(told, DescribeReceived)
    assert told.described.functions == ["go"]
    assert told.described.variables == {"temp": "double"}


def test_it_asks_for_the_time(captured: Captured) -> None:
    assert captured.hears("41010003 38 b174") == []
    (answer,) = captured.said()
    assert answer.encode() == octets("61450003 38 ff") + int(NOW).to_bytes(4, "big")


def test_it_subscribes(captured: Captured) -> None:
    (told,) = captured.hears("40010009 b165 04 636d642f")
    assert told == SubscribeReceived("cmd/", None, 9)
    captured.server.accept(9)
    assert captured.said()[0].encode() == octets("60000009")


def test_it_publishes_and_wants_to_know(captured: Captured) -> None:
    (told,) = captured.hears("4002000a b145 04 74656d70 ff 32312e35")
    assert told == PublishReceived("temp", b"21.5", 60, None, 10)
    captured.server.refuse(10)
    assert captured.said()[0].encode() == octets("6083000a")


def test_it_publishes_and_does_not_want_to_know(captured: Captured) -> None:
    (told,) = captured.hears("50020013 b145 06 7265706c7932 311e ff 6432")
    assert told == PublishReceived("reply2", b"d2", 30, None, None)


def answered(captured: Captured, wire: str) -> Answered:
    """Ask for something, and let the captured answer carry the token of that."""
    token = captured.server.read_variable("x", NOW + 5)
    message = Message.decode(octets(wire))
    message.token = bytes((token,))
    (told,) = captured.hears(message.encode().hex())
    assert isinstance(told, Answered)
    assert told.token == token
    return told


def test_a_function_returns_300(captured: Captured) -> None:
    told = answered(captured, "41440011 30 ff 0000012c")
    assert (told.code, read_result(told.payload)) == (Code.CHANGED, 300)


@pytest.mark.parametrize(
    ("wire", "kind", "value"),
    [
        ("4145000c 20 ff 0000002a", "int32", 42),
        ("4145000c 20 ff 0000000000000a40", "double", 3.25),
        ("4145000c 20 ff 01", "bool", True),
    ],
)
def test_a_variable_has_a_value(
    captured: Captured, wire: str, kind: str, value: object
) -> None:
    told = answered(captured, wire)
    assert told.code == Code.CONTENT
    assert read_value(kind, told.payload) == value


def test_a_variable_is_unknown(captured: Captured) -> None:
    assert answered(captured, "41840010 20").code == Code.NOT_FOUND


def test_it_says_goodbye(captured: Captured) -> None:
    assert captured.hears("40020015 b178 ff 0102") == [
        GoodbyeReceived(Goodbye(cloud_reason=2))
    ]


@pytest.mark.parametrize(
    "wire",
    [
        "41020002 37 b164 112a 3101 ff 0a07 0804 1001 18e807",
        "41010003 38 b174",
        "40010009 b165 04 636d642f",
        "4002000a b145 04 74656d70 ff 32312e35",
        "50020013 b145 06 7265706c7932 311e ff 6432",
        "40020015 b178 ff 0102",
    ],
)
def test_any_of_it_with_any_byte_changed_is_served_or_ends_the_session(
    wire: str,
) -> None:
    good = octets(wire)
    for at in range(len(good)):
        captured = Captured()
        for value in range(0, 256, 5):
            changed = good[:at] + bytes((good[at] ^ value,)) + good[at + 1 :]
            happened = captured.hears(changed.hex())
            if captured.server.state is State.CLOSED:
                assert isinstance(happened[-1], Closed)
                captured = Captured()
