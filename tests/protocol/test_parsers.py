"""Every parser: what it reads, what it refuses, and that it raises nothing else."""

import contextlib
import json
import math
import random
import struct
from collections.abc import Callable

import aiocoap
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyan.protocol.blockwise import (
    MAX_WHOLE,
    Assembly,
    Block,
    read_block,
    write_block,
)
from cyan.protocol.coap import (
    Code,
    MalformedMessage,
    Message,
    Option,
    Type,
    uint,
    uint_bytes,
)
from cyan.protocol.describe import (
    DescribeFlag,
    read_describe,
    write_application,
    write_system,
)
from cyan.protocol.framing import BrokenStream, FrameReader, FrameWriter
from cyan.protocol.goodbye import read_goodbye
from cyan.protocol.hello import read_hello
from cyan.protocol.protobuf import read_fields, write_field
from cyan.protocol.values import (
    read_result,
    read_value,
    write_result,
    write_value,
)

BOTH = DescribeFlag.SYSTEM | DescribeFlag.APPLICATION
SEEN = bytes.fromhex("0003ffff00360003000018380480" + "00a000000200")


# CoAP (RFC 7252, device wire §3)

options = st.lists(
    st.tuples(st.integers(1, 2000), st.binary(max_size=300)), max_size=6
).map(lambda pairs: tuple(sorted(pairs, key=lambda pair: pair[0])))
messages = st.builds(
    Message,
    st.sampled_from(Type),
    st.sampled_from([code for code in Code if code]),
    st.integers(0, 0xFFFF),
    st.binary(max_size=8),
    options,
    st.binary(max_size=64),
)


@given(messages)
def test_a_message_is_read_as_it_was_written(message: Message) -> None:
    assert Message.decode(message.encode()) == message


@given(messages)
def test_aiocoap_reads_what_we_write(message: Message) -> None:
    """With options that it keeps as bytes: for others it wants texts or numbers."""
    opaque = tuple((number + 5000, value) for number, value in message.options)
    message.options = opaque
    theirs = aiocoap.Message.decode(message.encode())
    assert (int(theirs.code), theirs.mid, theirs.token, theirs.payload) == (
        message.code,
        message.mid,
        message.token,
        message.payload,
    )
    told = [(int(each.number), each.encode()) for each in theirs.opt.option_list()]
    numbers = [number for number, _ in message.options]
    assert [number for number, _ in told] == numbers


@pytest.mark.parametrize(
    "wire",
    [
        "",
        "400200",
        "80020001",  # another version
        "49020001" + "00" * 9,  # a token of 9 bytes
        "42020001ff",  # a token that is cut short
        "4000000100",  # an empty message with something in it
        "40200001",  # a reserved class
        "40020001ff",  # a marker without a payload
        "40020001b5aa",  # an option past the end
        "40020001d1",  # a delta that is cut short
        "40020001f100",  # a reserved delta
        "400200011f00",  # a reserved length
        "40020001e0ffff" + "e0ffff",  # an option number past all numbers
    ],
)
def test_what_is_no_message_is_refused(wire: str) -> None:
    with pytest.raises(MalformedMessage):
        Message.decode(bytes.fromhex(wire))


def test_options_are_written_in_rising_order() -> None:
    falling = ((Option.MAX_AGE, b"x" * 13), (Option.URI_PATH, b""))
    with pytest.raises(ValueError, match="rising"):
        Message(Type.NON, Code.POST, 1, b"", falling).encode()


def test_a_message_shows_itself_and_compares_by_value() -> None:
    message = Message(Type.CON, Code.GET, 1, b"t", ((11, b"e"), (11, b"x")))
    assert repr(message) == (
        "Message(0, 0x01, 0x0001, b't', ((11, b'e'), (11, b'x')), b'')"
    )
    assert message != "a message"
    assert (message.confirmable, message.is_request, message.is_answer) == (
        True,
        True,
        False,
    )
    assert (message.path, message.first_of(11)) == ((b"e", b"x"), b"e")
    assert message.first_of(14) is None


@given(st.integers(0, 2**64))
def test_numbers_have_no_leading_zeros(number: int) -> None:
    assert uint(uint_bytes(number)) == number
    assert not uint_bytes(number).startswith(b"\0")


# Blocks (RFC 7959)


@given(st.integers(0, 2**20 - 1), st.booleans(), st.integers(0, 6))
def test_a_block_is_read_as_it_was_written(number: int, more: bool, size: int) -> None:
    block = Block(number, more, size)
    assert read_block(write_block(block)) == block


@pytest.mark.parametrize("value", [b"\x07", b"\0\0\0\0"])
def test_a_block_of_no_known_size_is_refused(value: bytes) -> None:
    with pytest.raises(MalformedMessage):
        read_block(value)


def test_blocks_come_in_order_and_the_first_one_begins_again() -> None:
    assembly = Assembly()
    assert assembly.add(Block(0, True, 0), b"a" * 16) is None
    assert assembly.add(Block(0, True, 0), b"b" * 16) is None
    assert assembly.add(Block(1, False, 0), b"c") == b"b" * 16 + b"c"


@pytest.mark.parametrize(
    "blocks",
    [
        [(Block(1, False, 0), b"x")],
        [(Block(0, True, 0), b"x" * 16), (Block(2, False, 0), b"x")],
        [(Block(0, True, 1), b"x" * 16)],
        [(Block(n, True, 6), b"x" * 1024) for n in range(MAX_WHOLE // 1024 + 1)],
    ],
    ids=["not the first", "a gap", "another size", "too much"],
)
def test_blocks_that_make_no_whole_are_refused(
    blocks: list[tuple[Block, bytes]],
) -> None:
    assembly = Assembly()
    *first, (block, payload) = blocks
    for good in first:
        assembly.add(*good)
    with pytest.raises(MalformedMessage):
        assembly.add(block, payload)


# Describe (device wire §4.4)


def test_a_describe_in_json_is_read_member_by_member() -> None:
    told = {
        "f": ["blink"],
        "v": {"temp": 9, "count": 2},
        "m": [
            {"f": "s", "n": "1", "v": 1512, "u": "not a hash"},
            {"f": "u", "n": 1, "v": 7, "u": "AB" * 32},
        ],
        "imei": "352099001761481",
        "iccid": "89314404000111111111",
    }
    described = read_describe(BOTH, json.dumps(told).encode(), binary=False)
    assert described.functions == ["blink"]
    assert described.variables == {"temp": "double", "count": "int32"}
    assert described.app_hash == "ab" * 32
    assert (described.imei, described.iccid) == (told["imei"], told["iccid"])
    assert read_describe(BOTH, b"{}", binary=False).app_hash is None


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"7",
        b"{",
        b"\xff",
        b'{"f": 7}',
        b'{"v": []}',
        b'{"m": 1}',
        b'{"m": [{}]}',
        b'{"m": [7]}',
        b"[" * 5000,
    ],
    ids=lambda payload: repr(payload[:20]),
)
def test_a_describe_of_another_form_is_refused(payload: bytes) -> None:
    with pytest.raises(MalformedMessage):
        read_describe(BOTH, payload, binary=False)


def test_numbers_that_are_none_are_left_out() -> None:
    told = {"imei": "no imei!", "iccid": 7}
    described = read_describe(BOTH, json.dumps(told).encode(), binary=False)
    assert (described.imei, described.iccid) == (None, None)


def test_a_describe_tells_all_functions_that_can_be_called() -> None:
    names = [f"f{n}" for n in range(150)]
    told = {"f": [*names, 7, None, "", "two\nlines", "x" * 65]}
    described = read_describe(BOTH, json.dumps(told).encode(), binary=False)
    assert described.functions == names


@pytest.mark.parametrize("kind", [99, 10.5, "9", None, [], float("inf")])
def test_a_variable_of_a_type_to_come_is_read_as_text(kind: object) -> None:
    told = {"v": {"new": kind, "": 2, "\n": 2, "old": 2}}
    described = read_describe(BOTH, json.dumps(told).encode(), binary=False)
    assert described.variables == {"new": "string", "old": "int32"}


def test_metrics_are_passed_over() -> None:
    described = read_describe(DescribeFlag.METRICS, b"\xff\xff", binary=True)
    assert described.modules is None


def test_a_system_describe_in_protobuf_is_read_as_it_was_written() -> None:
    wire = write_system(6200, b"h" * 32, "352099001761481", "8931440400011111111")
    described = read_describe(DescribeFlag.SYSTEM, wire, binary=True)
    assert described.app_hash == (b"h" * 32).hex()
    assert described.imei == "352099001761481"
    assert described.iccid == "8931440400011111111"
    bare = read_describe(
        DescribeFlag.SYSTEM, write_system(6200, b"", None, None), binary=True
    )
    assert (bare.app_hash, bare.imei, bare.iccid) == (None, None, None)
    odd = read_fields(write_field(1, b"kind"))  # a number where bytes came
    assert odd == [(1, b"kind")]
    modules = write_field(1, write_field(1, b"kind") + write_field(2, b"index"))
    described = read_describe(DescribeFlag.SYSTEM, modules, binary=True)
    assert described.modules is not None
    assert (described.modules[0].function, described.modules[0].index) == ("n", 0)


def test_an_application_describe_is_read_as_it_was_written() -> None:
    wire = write_application(["f"], {"v": "string", "b": "bool"})
    described = read_describe(DescribeFlag.APPLICATION, wire, binary=False)
    assert described.functions == ["f"]
    assert described.variables == {"v": "string", "b": "bool"}


@pytest.mark.parametrize(
    "wire",
    ["08", "0a05aa", "0dffff", "09ffff", "0b", "0aff", "80" * 11 + "01"],
    ids=["cut", "bytes", "fixed32", "fixed64", "group", "length", "endless"],
)
def test_what_is_no_protobuf_is_refused(wire: str) -> None:
    with pytest.raises(MalformedMessage):
        read_fields(bytes.fromhex(wire))


def test_protobuf_fields_of_fixed_size_are_passed_over_whole() -> None:
    wire = bytes.fromhex("0d01020304" + "11" + "00" * 8 + "1805")
    assert [number for number, _ in read_fields(wire)] == [1, 2, 3]


# Values (device wire §4.5, §4.6)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("bool", True), ("bool", False), ("int32", -5), ("double", 0.1), ("string", "é")],
)
def test_a_value_is_read_as_it_was_written(kind: str, value: object) -> None:
    assert read_value(kind, write_value(kind, value)) == value


def test_doubles_that_are_no_numbers_are_read_too() -> None:
    assert math.isnan(float(read_value("double", struct.pack("<d", math.nan))))


@pytest.mark.parametrize("kind", ["bool", "int32", "double"])
def test_a_value_of_another_size_is_refused(kind: str) -> None:
    with pytest.raises(MalformedMessage):
        read_value(kind, b"12345")


def test_results_have_four_bytes() -> None:
    assert read_result(write_result(-300)) == -300
    with pytest.raises(MalformedMessage):
        read_result(b"\0")


# Frames (device wire §1.3)


@pytest.mark.parametrize("length", [0, 15, 17, 2064, 0xFFFF])
def test_a_frame_of_no_possible_length_breaks_the_stream(length: int) -> None:
    reader = FrameReader(b"k" * 16, b"i" * 16)
    with pytest.raises(BrokenStream):
        reader.feed(length.to_bytes(2, "big"))


def test_a_frame_with_padding_that_nobody_made_breaks_the_stream() -> None:
    broken = 0
    for flipped in range(16):
        sealed = bytearray(FrameWriter(b"k" * 16, b"i" * 16).seal(b"x" * 20))
        sealed[2 + flipped] ^= 0x55  # of the last but one block: garbles the padding
        try:
            FrameReader(b"k" * 16, b"i" * 16).feed(bytes(sealed))
        except BrokenStream:
            broken += 1
    assert broken >= 12


# Fuzzing: one byte of something good is changed

GOOD: list[tuple[str, bytes, Callable[[bytes], object]]] = [
    ("hello", SEEN, read_hello),
    ("goodbye", bytes.fromhex("01020304050607"), read_goodbye),
    (
        "message",
        bytes.fromhex("5002073eb168ff") + SEEN,
        Message.decode,
    ),
    (
        "system",
        write_system(6200, b"h" * 32, "352099001761481", None),
        lambda data: read_describe(DescribeFlag.SYSTEM, data, binary=True),
    ),
    (
        "application",
        write_application(["f", "g"], {"v": "string"}),
        lambda data: read_describe(DescribeFlag.APPLICATION, data, binary=False),
    ),
    ("block", b"\x08", read_block),
    ("result", b"\0\0\0\1", read_result),
    ("double", b"\0" * 8, lambda data: read_value("double", data)),
]


@pytest.mark.parametrize(
    ("good", "read"), [each[1:] for each in GOOD], ids=[each[0] for each in GOOD]
)
def test_any_byte_may_be_any_other(
    good: bytes, read: Callable[[bytes], object]
) -> None:
    for at in range(len(good)):
        for value in range(256):
            _survives(read, good[:at] + bytes((value,)) + good[at + 1 :])
        _survives(read, good[:at])
        _survives(read, good[:at] + good[at + 1 :])


def _survives(read: Callable[[bytes], object], data: bytes) -> None:
    with contextlib.suppress(MalformedMessage):
        read(data)


@pytest.mark.parametrize(
    "read", [each[2] for each in GOOD], ids=[each[0] for each in GOOD]
)
def test_no_bytes_raise_anything_else(read: Callable[[bytes], object]) -> None:
    drawn = random.Random(11)
    for _ in range(3000):
        _survives(read, drawn.randbytes(drawn.randrange(80)))
