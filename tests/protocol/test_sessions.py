"""Both sides of a connection in one process, without a socket (device wire §1, §4)."""

import contextlib
import os
import random

import pytest
from tests.support.sessions import (
    DEVICE_DER,
    ID,
    MODERN,
    NOW,
    OLD,
    SERVER_KEY,
    Pair,
)

from cyan.protocol import tcp_handshake as handshake
from cyan.protocol.coap import MalformedMessage, Message
from cyan.protocol.describe import (
    DescribeFlag,
    read_describe,
    write_application,
    write_system,
)
from cyan.protocol.device_session import Part
from cyan.protocol.framing import BrokenStream, FrameReader, FrameWriter
from cyan.protocol.goodbye import Goodbye, read_goodbye, write_goodbye
from cyan.protocol.happenings import (
    Acknowledged,
    Answered,
    Closed,
    DescribeReceived,
    EventReceived,
    FunctionCalled,
    GoodbyeReceived,
    HelloReceived,
    PublishReceived,
    RequestTimedOut,
    SubscribeReceived,
    VariableRead,
    Welcomed,
)
from cyan.protocol.hello import read_hello, write_hello
from cyan.protocol.server_session import ArgumentTooLong, ServerSession
from cyan.protocol.states import State, WrongState
from cyan.protocol.values import read_result, read_value, write_value


@pytest.fixture
def pair() -> Pair:
    pair = Pair()
    pair.pump()
    return pair


@pytest.mark.parametrize("piece", [1, 7, 255, 4096])
def test_both_sides_open_however_the_bytes_are_cut(piece: int) -> None:
    pair = Pair()
    pair.pump(piece)
    assert (pair.server.state, pair.device.state) == (State.OPEN, State.OPEN)
    assert pair.all(HelloReceived) == [HelloReceived(MODERN)]
    assert pair.all(Welcomed) == [Welcomed()]


def test_calls_reads_signals_and_events(pair: Pair) -> None:
    call = pair.server.call_function("blink", "3", NOW + 5)
    read = pair.server.read_variable("temp", NOW + 5)
    signal = pair.server.signal(True, NOW + 5)
    assert pair.server.send_event("cmd/x", b"1")
    pair.pump()
    (called,), (asked,) = pair.all(FunctionCalled), pair.all(VariableRead)
    assert (called.name, called.argument, asked.name) == ("blink", "3", "temp")
    assert pair.all(EventReceived) == [EventReceived("cmd/x", b"1")]
    pair.device.return_result(called.token, -2)
    pair.device.return_value(asked.token, "double", 2.5)
    pair.pump()
    answers = {each.token: each for each in pair.all(Answered)}
    assert read_result(answers[call].payload) == -2
    assert read_value("double", answers[read].payload) == 2.5
    assert answers[signal].code == 0x44


def test_publishing_and_subscribing_are_accepted_or_refused(pair: Pair) -> None:
    plain = pair.device.publish("temp", b"21")
    wants = pair.device.publish("a/b", b"22", ttl=30, ack=True)
    pair.device.subscribe("cmd/")
    pair.pump()
    first, second = pair.all(PublishReceived)
    assert (first.name, first.data, first.ttl, first.mid) == ("temp", b"21", 60, None)
    assert (second.name, second.ttl, second.mid) == ("a/b", 30, wants)
    assert pair.all(SubscribeReceived) == [SubscribeReceived("cmd/", None, None)]
    pair.server.accept(first.mid)
    pair.server.refuse(second.mid)
    pair.pump()
    told = {each.mid: each.code for each in pair.all(Acknowledged)}
    assert told == {wants: 0x83}
    assert plain != wants


def test_describes_arrive_whole_even_in_blocks(pair: Pair) -> None:
    functions = [f"function-{number:052d}" for number in range(60)]
    system = write_system(6200, b"\1" * 32, "353", "8901")
    pair.device.describe(Part(DescribeFlag.SYSTEM, True, system))
    whole = write_application(functions, {"temp": "double"})
    pair.device.describe(Part(DescribeFlag.APPLICATION, False, whole))
    pair.pump()
    first, second = [each.described for each in pair.all(DescribeReceived)]
    assert (first.imei, first.iccid, first.app_hash) == ("353", "8901", "01" * 32)
    assert second.functions == functions
    assert second.variables == {"temp": "double"}


def test_older_firmware_is_asked_to_describe_itself() -> None:
    pair = Pair(OLD)
    pair.pump()
    (asked,) = [
        each for each in pair.on_device if type(each).__name__ == "DescribeAsked"
    ]
    pair.device.return_describe(asked.token, b'{"f":["a"],"v":{"b":2}}')
    pair.pump()
    (told,) = pair.all(DescribeReceived)
    assert told.described.functions == ["a"]
    assert told.described.variables == {"b": "int32"}
    with pytest.raises(ArgumentTooLong):
        pair.server.call_function("a", "x" * 64, NOW)


def test_time_goodbye_and_silence(pair: Pair) -> None:
    token = pair.device.ask_time(NOW + 5)
    pair.pump()
    (answer,) = [each for each in pair.all(Answered) if each.token == token]
    assert int.from_bytes(answer.payload, "big") == int(NOW)
    pair.device.goodbye(Goodbye(cloud_reason=2))
    pair.pump()
    assert pair.all(GoodbyeReceived) == [GoodbyeReceived(Goodbye(cloud_reason=2))]
    waiting = pair.server.call_function("f", "", NOW + 5)
    pair.server.wake(NOW + 6)
    assert pair.server.happenings() == [RequestTimedOut(waiting)]
    pair.server.wake(pair.server.wake_at())
    assert pair.server.happenings() == [Closed("silent")]


def test_a_quiet_device_pings_and_lives(pair: Pair) -> None:
    pair.device.wake(pair.device.wake_at())
    pair.pump()
    assert (pair.server.state, pair.device.state) == (State.OPEN, State.OPEN)
    pair.device.wake(pair.device.wake_at())
    pair.device.bytes_to_send()
    pair.device.wake(pair.device.wake_at())
    assert pair.device.happenings()[-1] == Closed("silent")


def test_a_repeated_message_happens_once(pair: Pair) -> None:
    pair.device.publish("temp", b"1", ack=True)
    assert pair.device._writer is not None
    sent = pair.device.bytes_to_send()
    pair.server.receive(sent, NOW)
    (event,) = pair.server.happenings()
    pair.server.accept(event.mid)
    again = Message(0, 2, event.mid, b"", ((11, b"E"), (11, b"temp")), b"1")
    pair.server.receive(pair.device._writer.seal(again.encode()), NOW)
    assert pair.server.happenings() == []
    assert pair.server.bytes_to_send()


def test_flipped_frames_end_the_session_and_nothing_is_raised() -> None:
    for seed in range(200):
        drawn = random.Random(seed)
        pair = Pair()
        pair.pump()
        pair.device.publish("temp", b"x" * 40)
        frame = bytearray(pair.device.bytes_to_send())
        frame[drawn.randrange(len(frame))] ^= 1 << drawn.randrange(8)
        pair.server.receive(bytes(frame), NOW)
        pair.server.receive(os.urandom(64), NOW)


def test_a_replayed_handshake_gets_nowhere() -> None:
    nonce = os.urandom(40)
    sealed = handshake.make_offer(SERVER_KEY.public_key(), nonce, ID, DEVICE_DER)
    handshake.read_offer(SERVER_KEY, nonce, sealed)
    for other in (os.urandom(40), bytes(40)):
        with pytest.raises(handshake.HandshakeRefused):
            handshake.read_offer(SERVER_KEY, other, sealed)
    with pytest.raises(handshake.HandshakeRefused):
        handshake.read_offer(SERVER_KEY, nonce, os.urandom(256))


def test_a_slow_or_talkative_handshake_is_closed() -> None:
    slow = ServerSession(bytes(40), NOW)
    slow.wake(NOW + 10)
    assert slow.happenings() == [Closed("handshake too slow")]
    loud = ServerSession(bytes(40), NOW)
    loud.receive(bytes(5000), NOW)
    assert isinstance(loud.happenings()[-1], Closed)
    with pytest.raises(WrongState):
        loud.welcome()


@pytest.mark.parametrize(
    ("wire", "hello"),
    [
        ("0003ffff003600030000183804800 0a000000200".replace(" ", ""), None),
        (
            "000d0007003600 0d000c0123456789abcdef012345641838048000a000000200".replace(
                " ", ""
            ),
            7,
        ),
    ],
)
def test_hellos_as_captured(wire: str, hello: int | None) -> None:
    told = read_hello(bytes.fromhex(wire))
    assert (told.product_version, told.system_version) == (hello, 6200)
    assert (told.max_message, told.ota_chunk) == (1152, 512)
    assert write_hello(told).hex() == wire


def test_messages_as_captured() -> None:
    for wire in (
        "5002073eb168ff0003ffff003600030000183804800 0a000000200".replace(" ", ""),
        "41010003 38b174".replace(" ", ""),
        "40010009b16504636d642f",
        "4002000ab1450474656d70ff32312e35",
        "50020013b145067265706c7932311eff6432",
    ):
        message = Message.decode(bytes.fromhex(wire))
        assert message.encode().hex() == wire
    assert read_goodbye(bytes.fromhex("0102")) == Goodbye(cloud_reason=2)
    assert write_goodbye(Goodbye(cloud_reason=2)).hex() == "0102"
    assert read_value("double", bytes.fromhex("0000000000000a40")) == 3.25
    assert write_value("int32", 42).hex() == "0000002a"


def test_no_bytes_make_a_parser_raise_anything_else() -> None:
    drawn = random.Random(7)
    parsers = (
        Message.decode,
        read_hello,
        read_goodbye,
        lambda data: read_describe(DescribeFlag.SYSTEM, data, binary=True),
        lambda data: read_describe(DescribeFlag.APPLICATION, data, binary=False),
    )
    for _ in range(3000):
        data = drawn.randbytes(drawn.randrange(60))
        for parse in parsers:
            with contextlib.suppress(MalformedMessage):
                parse(data)


def test_frames_chain_their_ivs_by_the_first_block() -> None:
    writer, reader = (
        FrameWriter(b"k" * 16, b"i" * 16),
        FrameReader(b"k" * 16, b"i" * 16),
    )
    messages = [b"x" * size for size in (0, 1, 15, 16, 17, 600)]
    stream = b"".join(writer.seal(each) for each in messages)
    assert reader.feed(stream) == messages
    with pytest.raises(BrokenStream):
        reader.feed(b"\xff\xff" + bytes(64))
