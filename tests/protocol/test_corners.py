"""What a peer may do that Device OS does not: both sides stay sound."""

import pytest
from tests.support.sessions import (
    NOW,
    OLD,
    Pair,
)

from cyan.protocol import tcp_handshake as handshake
from cyan.protocol.blockwise import Block, write_block
from cyan.protocol.coap import Code, Message, Option, Type
from cyan.protocol.describe import DescribeFlag, write_application
from cyan.protocol.device_session import DeviceSession
from cyan.protocol.goodbye import Goodbye
from cyan.protocol.happenings import (
    Acknowledged,
    Answered,
    Closed,
    DescribeAsked,
    DescribeReceived,
    EventReceived,
    FunctionCalled,
    GoodbyeReceived,
    PublishReceived,
    RequestTimedOut,
    Signalled,
    VariableRead,
)
from cyan.protocol.server_session import ArgumentTooLong, ServerSession
from cyan.protocol.session import Session, TooManyRequests
from cyan.protocol.states import State, WrongState

PATH = Option.URI_PATH


@pytest.fixture
def pair() -> Pair:
    pair = Pair()
    pair.pump()
    pair.on_server.clear()
    pair.on_device.clear()
    return pair


def from_device(pair: Pair, message: Message) -> None:
    """Let the device say something that its own code never says."""
    pair.device._send(message)
    pair.pump()


def from_server(pair: Pair, message: Message) -> None:
    pair.server._send(message)
    pair.pump()


# Hello


def hello_of(message: Message) -> ServerSession:
    """A server that awaits a hello and gets this instead."""
    server = ServerSession(bytes(40), NOW)
    server.receive(bytes(256), NOW)
    credentials = handshake.Credentials.of(bytes(40))
    server.admit(b"", credentials, NOW)
    device = DeviceSession(NOW)
    device._encrypt(credentials)
    device._send(message)
    server.receive(device.bytes_to_send(), NOW)
    return server


def test_whatever_is_no_hello_ends_the_session() -> None:
    ping = Message(Type.CON, Code.EMPTY, 1)
    assert hello_of(ping).happenings()[-1] == Closed("no hello")
    short = Message(Type.NON, Code.POST, 1, b"", ((PATH, b"h"),), b"\0")
    assert hello_of(short).happenings()[-1] == Closed("malformed message")


def test_a_hello_that_wants_an_acknowledgement_gets_it() -> None:
    payload = bytes.fromhex("0003ffff0036000300001838048000a000000200")
    confirmable = Message(Type.CON, Code.POST, 9, b"", ((PATH, b"h"),), payload)
    server = hello_of(confirmable)
    assert server.state is State.AWAITING_WELCOME
    assert server.bytes_to_send()


def test_a_second_hello_of_either_side_changes_nothing(pair: Pair) -> None:
    from_device(pair, Message(Type.CON, Code.POST, 7, b"", ((PATH, b"h"),), b"x"))
    from_server(pair, Message(Type.NON, Code.POST, 7, b"", ((PATH, b"h"),)))
    assert (pair.server.state, pair.device.state) == (State.OPEN, State.OPEN)
    assert pair.all(Acknowledged)[-1].code == Code.EMPTY


# Requests


@pytest.mark.parametrize("kind", [Type.CON, Type.NON])
def test_what_nobody_knows_is_not_found_where_that_can_be_told(
    pair: Pair, kind: Type
) -> None:
    strange = Message(kind, Code.POST, 3, b"", ((PATH, b"L"),), b"ledger")
    from_device(pair, strange)
    from_server(pair, strange)
    from_device(pair, Message(kind, Code.PUT, 4))
    assert pair.server.state is State.OPEN
    told = [each.code for each in pair.all(Acknowledged)]
    assert told == ([Code.NOT_FOUND] * 2 if kind is Type.CON else [])


def test_resets_and_stray_answers_are_passed_over(pair: Pair) -> None:
    from_device(pair, Message(Type.RST, Code.EMPTY, 1))
    from_device(pair, Message(Type.ACK, Code.EMPTY, 99))
    from_device(pair, Message(Type.NON, Code.CONTENT, 2, b"\x63", (), b"?"))
    from_device(pair, Message(Type.CON, Code.CONTENT, 3, b"long", (), b"?"))
    from_server(pair, Message(Type.NON, Code.EMPTY, 4))
    from_server(pair, Message(Type.NON, Code.CONTENT, 5, b"\x63", (), b"?"))
    assert pair.all(Answered) == []
    assert pair.server.state is State.OPEN


@pytest.mark.parametrize(
    ("path", "payload"),
    [((b"E", b"\xff"), b"1"), ((b"d",), b'{"f":'), ((b"d",), b"["), ((b"d",), b'"f"')],
    ids=["a name that is no text", "half a describe", "a list", "a text"],
)
def test_what_an_application_says_wrong_is_refused_and_the_session_goes_on(
    pair: Pair, path: tuple[bytes, ...], payload: bytes
) -> None:
    options = tuple((PATH, segment) for segment in path)
    for kind in (Type.CON, Type.NON):
        from_device(pair, Message(kind, Code.POST, kind + 2, b"", options, payload))
    assert pair.server.state is State.OPEN
    assert [each.code for each in pair.all(Acknowledged)] == [Code.BAD_REQUEST]
    assert pair.on_server == []


@pytest.mark.parametrize(
    ("kind", "code"),
    [(Type.ACK, Code.BAD_REQUEST), (Type.RST, Code.EMPTY)],
    ids=["an error in the acknowledgement", "a reset"],
)
def test_an_answer_without_a_token_is_known_by_its_message_id(
    pair: Pair, kind: Type, code: Code
) -> None:
    first = pair.server.call_function("f", "x" * 600, NOW + 5)
    second = pair.server.call_function("f", "", NOW + 5)
    latest = pair.server._mid
    from_device(pair, Message(kind, code, latest))
    from_device(pair, Message(kind, code, (latest - 1) & 0xFFFF))
    told = [Answered(second, code, b""), Answered(first, code, b"")]
    assert pair.all(Answered) == told


def test_a_goodbye_that_cannot_be_read_is_a_goodbye(pair: Pair) -> None:
    goes = Message(Type.NON, Code.POST, 2, b"", ((PATH, b"x"),), b"\xff\xff")
    from_device(pair, goes)
    assert pair.all(GoodbyeReceived) == [GoodbyeReceived(Goodbye())]


def test_blocks_with_a_gap_are_refused_and_may_begin_anew(pair: Pair) -> None:
    whole = write_application(["function"], {})
    from_device(pair, block(0, True, whole[:16], 1))
    from_device(pair, block(2, False, whole[16:], 2))
    assert pair.all(Acknowledged)[-1].code == Code.BAD_REQUEST
    from_device(pair, block(0, True, whole[:16], 3))
    from_device(pair, block(1, False, whole[16:], 4))
    assert pair.all(DescribeReceived)[0].described.functions == ["function"]


def test_an_event_carries_its_lifetime_and_format(pair: Pair) -> None:
    pair.device.publish("a/b", b"1", ttl=30)
    pair.pump()
    typed = ((PATH, b"E"), (PATH, b"c"), (Option.CONTENT_FORMAT, b"2"))
    from_device(pair, Message(Type.NON, Code.POST, 9, b"", typed, b"{}"))
    first, second = pair.all(PublishReceived)
    assert (first.name, first.ttl, first.content_format) == ("a/b", 30, None)
    assert (second.name, second.ttl, second.content_format) == ("c", 60, 50)


def test_an_event_that_a_device_cannot_hold_is_not_sent(pair: Pair) -> None:
    assert not pair.server.send_event("big", b"x" * 1200)
    assert pair.server.send_event("small", b"x")
    pair.pump()
    from_server(
        pair, Message(Type.CON, Code.POST, 5, b"", ((PATH, b"E"), (PATH, b"n")))
    )
    assert [each.name for each in pair.all(EventReceived)] == ["small", "n"]


def test_arguments_are_as_long_as_a_devices_age_allows() -> None:
    old = Pair(OLD)
    old.pump()
    assert old.server.longest_argument == 63
    with pytest.raises(ArgumentTooLong, match="63"):
        old.server.call_function("f", "x" * 64, NOW + 1)
    assert Pair().server.longest_argument == 63, "nothing is known yet"


def test_a_variable_that_is_not_there(pair: Pair) -> None:
    token = pair.server.read_variable("none", NOW + 5)
    pair.pump()
    pair.device.return_nothing(pair.all(VariableRead)[0].token)
    pair.pump()
    assert pair.all(Answered) == [Answered(token, Code.NOT_FOUND, b"")]


def test_a_call_without_argument_and_a_signal_off(pair: Pair) -> None:
    bare = Message(Type.CON, Code.POST, 5, b"t", ((PATH, b"f"), (PATH, b"go")))
    from_server(pair, bare)
    pair.server.signal(False, NOW + 5)
    pair.pump()
    assert pair.all(FunctionCalled)[0].argument == ""
    assert pair.all(Signalled) == [Signalled(False)]
    assert len(pair.all(Answered)) == 1


def test_what_is_not_answered_in_time_times_out(pair: Pair) -> None:
    first = pair.server.read_variable("a", NOW + 1)
    second = pair.server.read_variable("b", NOW + 2)
    assert pair.server.wake_at() == NOW + 1
    pair.server.wake(NOW + 1)
    assert pair.server.happenings() == [RequestTimedOut(first)]
    pair.server.wake(NOW + 2)
    assert pair.server.happenings() == [RequestTimedOut(second)]


def test_256_requests_wait_and_not_one_more(pair: Pair) -> None:
    for _ in range(256):
        pair.server.read_variable("a", NOW + 100)
    with pytest.raises(TooManyRequests):
        pair.server.read_variable("a", NOW + 100)


def test_commands_need_an_open_session(pair: Pair) -> None:
    pair.server.close("over")
    with pytest.raises(WrongState):
        pair.server.send_event("x", b"")
    with pytest.raises(WrongState):
        DeviceSession(NOW).publish("x", b"")
    pair.server.accept(7)
    assert pair.server.bytes_to_send() == b""


# Repeated messages


def test_a_message_id_is_forgotten_after_a_while(pair: Pair) -> None:
    told = Message(Type.CON, Code.POST, 5, b"", ((PATH, b"x"),), b"\1\2")
    from_device(pair, told)
    assert len(pair.all(GoodbyeReceived)) == 1
    later = NOW + 1000
    pair.server._heard_at = later
    pair.device._send(told)
    pair.server.receive(pair.device.bytes_to_send(), later)
    pair._serve()
    assert len(pair.all(GoodbyeReceived)) == 2, "too late to be a repetition"
    other = Message(Type.CON, Code.POST, 6, b"", ((PATH, b"x"),), b"\1\2")
    pair.device._send(other)
    pair.server.receive(pair.device.bytes_to_send(), later)
    assert pair.server._answers is not None
    assert set(pair.server._answers) == {5, 6}


# Describes


def block(number: int, more: bool, payload: bytes, mid: int) -> Message:
    options = (
        (PATH, b"d"),
        (Option.URI_QUERY, b"\2"),
        (Option.BLOCK1, write_block(Block(number, more, 0))),
    )
    return Message(Type.CON, Code.POST, mid, b"t", options, payload)


def test_a_describe_in_blocks_says_continue(pair: Pair) -> None:
    whole = write_application(["function"], {})
    from_device(pair, block(0, True, whole[:16], 1))
    assert pair.all(Acknowledged)[-1].code == Code.CONTINUE
    from_device(pair, block(1, False, whole[16:], 2))
    assert pair.all(DescribeReceived)[0].described.functions == ["function"]
    assert pair.all(Acknowledged)[-1].code == Code.CHANGED


def test_a_describe_may_say_nothing_of_its_parts(pair: Pair) -> None:
    bare = Message(Type.NON, Code.POST, 2, b"", ((PATH, b"d"),), b"{}")
    from_device(pair, bare)
    (told,) = pair.all(DescribeReceived)
    assert told.flags == DescribeFlag.SYSTEM | DescribeFlag.APPLICATION


def old_device() -> tuple[Pair, bytes]:
    """A device that is asked to describe itself, and the token of that."""
    pair = Pair(OLD)
    pair.pump()
    return pair, pair.all(DescribeAsked)[0].token


def test_older_firmware_may_answer_in_blocks() -> None:
    pair, token = old_device()
    whole = write_application(["function"], {})
    first = ((Option.BLOCK2, write_block(Block(0, True, 0))),)
    from_device(pair, Message(Type.CON, Code.CONTENT, 1, token, first, whole[:16]))
    following = pair.all(DescribeAsked)[-1].token
    last = ((Option.BLOCK2, write_block(Block(1, False, 0))),)
    from_device(pair, Message(Type.NON, Code.CONTENT, 2, following, last, whole[16:]))
    assert pair.all(DescribeReceived)[0].described.functions == ["function"]


def test_older_firmware_may_have_nothing_to_tell() -> None:
    pair, token = old_device()
    from_device(pair, Message(Type.NON, Code.NOT_FOUND, 1, token))
    assert pair.all(DescribeReceived) == []
    assert pair.server.state is State.OPEN


def test_a_device_is_asked_for_parts_or_for_all(pair: Pair) -> None:
    pair.server.ask_describe(DescribeFlag.SYSTEM)
    bare = Message(Type.CON, Code.GET, 77, b"u", ((PATH, b"d"),))
    from_server(pair, bare)
    asked = [each.flags for each in pair.all(DescribeAsked)]
    assert asked == [
        DescribeFlag.SYSTEM,
        DescribeFlag.SYSTEM | DescribeFlag.APPLICATION,
    ]


# The end


def test_the_other_side_may_just_close(pair: Pair) -> None:
    pair.server.receive_eof()
    assert pair.server.happenings() == [Closed("closed by the other side")]


def test_a_goodbye_may_want_an_answer(pair: Pair) -> None:
    pair.device.goodbye(Goodbye(cloud_reason=2))
    pair.pump()
    assert pair.all(GoodbyeReceived)[0].goodbye.cloud_reason == 2


def test_silence_ends_an_open_session(pair: Pair) -> None:
    pair.server.wake(pair.server.wake_at())
    assert pair.server.happenings() == [Closed("silent")]


def test_a_session_is_of_one_side_or_the_other() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Session(State.AWAITING_OFFER, NOW)
