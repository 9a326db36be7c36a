"""The server's side of a connection over TCP (device wire §1, §3, §4).

The driver reads `OfferReceived`, opens the offer off its loop, and calls `admit`;
on `HelloReceived` it calls `welcome`. From then on the session is open: it answers
pings and the time by itself, and hands everything else to the driver.
"""

import contextlib

from cyan.protocol.blockwise import Assembly, Block, read_block, write_block
from cyan.protocol.coap import (
    Code,
    MalformedMessage,
    Message,
    Option,
    Type,
    uint,
)
from cyan.protocol.describe import DescribeFlag, read_describe
from cyan.protocol.goodbye import Goodbye, read_goodbye
from cyan.protocol.happenings import (
    DescribeReceived,
    GoodbyeReceived,
    HelloReceived,
    OfferReceived,
    PublishReceived,
    SubscribeReceived,
)
from cyan.protocol.hello import Hello, HelloFlag, read_hello
from cyan.protocol.session import NO_DEADLINE, Session
from cyan.protocol.states import State, Step, move
from cyan.protocol.tcp_handshake import SEALED_BYTES, Credentials

HANDSHAKE_SECONDS = 10.0
SILENCE_SECONDS = 60.0
DEFAULT_TTL = 60
MAX_EARLY = 2048
"""Bytes that may come before the admission: less than one frame."""

_PATH = Option.URI_PATH
_OCTET_STREAM = 42
_OLD_ARGUMENT, _MIDDLE_ARGUMENT, _ARGUMENT = 63, 622, 1024
_MODERN_MESSAGE = 1040


class ArgumentTooLong(ValueError):
    """The argument does not fit into a message to this device."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"at most {limit} bytes")
        self.limit = limit


class ServerSession(Session):
    """See `Session`; `nonce` is 40 random bytes, `silence` counts seconds."""

    __slots__ = ("_asked", "_assembly", "_early", "_silence", "hello")

    def __init__(
        self, nonce: bytes, now: float, silence: float = SILENCE_SECONDS
    ) -> None:
        super().__init__(State.AWAITING_OFFER, now + HANDSHAKE_SECONDS)
        self._out += nonce
        self._silence = silence
        self._early = b""
        self._assembly: Assembly | None = None
        self._asked: dict[int, Assembly] | None = None
        self.hello: Hello | None = None

    # Commands

    def admit(self, answer: bytes, credentials: Credentials, now: float) -> None:
        """The offer was good: send the answer, and expect the hello."""
        self.state = move(self.state, Step.ADMIT)
        self._out += answer
        self._encrypt(credentials)
        self._mid = int.from_bytes(credentials.salt[:2], "big")
        early, self._early = self._early, b""
        if early:
            self.receive(early, now)

    def welcome(self) -> None:
        """Say hello back: the device is online."""
        self.state = move(self.state, Step.WELCOME)
        self._send(Message(Type.NON, Code.POST, self._next_mid(), b"", _path(b"h")))
        assert self.hello is not None
        if HelloFlag.DESCRIBES_ITSELF not in self.hello.flags:
            self.ask_describe(DescribeFlag.SYSTEM | DescribeFlag.APPLICATION)

    def call_function(self, name: str, argument: str, deadline: float) -> int:
        """Call a function; the token of the answer. Raises `ArgumentTooLong`."""
        data = argument.encode()
        if len(data) > self.longest_argument:
            raise ArgumentTooLong(self.longest_argument)
        options = (*_path(b"f", name.encode()), (Option.URI_QUERY, data))
        return self._ask(Code.POST, options, deadline)

    @property
    def longest_argument(self) -> int:
        """Bytes that a function of this device takes (device wire §4.5)."""
        hello = self.hello
        if hello is None or hello.system_version is None:
            return _OLD_ARGUMENT
        modern = (hello.max_message or 0) >= _MODERN_MESSAGE
        return _ARGUMENT if modern else _MIDDLE_ARGUMENT

    def read_variable(self, name: str, deadline: float) -> int:
        """Read a variable; the token of the answer."""
        return self._ask(Code.GET, _path(b"v", name.encode()), deadline)

    def signal(self, on: bool, deadline: float) -> int:
        """Let the device shout rainbows, or stop; the token of the answer."""
        options = (*_path(b"s"), (Option.URI_QUERY, bytes((on,))))
        return self._ask(Code.PUT, options, deadline)

    def ask_describe(self, flags: DescribeFlag) -> None:
        """Ask for a describe, as older firmware sends none by itself (§4.4)."""
        self._ask_block(flags, Assembly(), None)

    def send_event(self, name: str, data: bytes) -> bool:
        """Send an event; False if this device's buffer could not take it.

        Path and payload alone, in this order: older firmware knows no more (§4.7).
        """
        self._require_open()
        segments = [segment.encode() for segment in name.split("/")]
        options = _path(b"e", *segments)
        message = Message(Type.NON, Code.POST, self._next_mid(), b"", options, data)
        plain = message.encode()
        if len(plain) > self._longest_message:
            return False
        self._write(plain)
        return True

    @property
    def _longest_message(self) -> int:
        hello = self.hello
        return (hello.max_message if hello else None) or 640

    def accept(self, mid: int | None) -> None:
        """Acknowledge what was received with this message id, if it wants that."""
        self._conclude(mid, Code.EMPTY)

    def refuse(self, mid: int | None, code: int = Code.FORBIDDEN) -> None:
        """Refuse what was received with this message id, if it can be told."""
        self._conclude(mid, code)

    def _conclude(self, mid: int | None, code: int) -> None:
        if mid is not None and self.state is not State.CLOSED:
            ack = Message(Type.ACK, code, mid).encode()
            self._remember(mid, ack)
            self._write(ack)

    # What comes in

    def _take(self, data: bytes, now: float) -> None:
        match self.state:
            case State.AWAITING_OFFER:
                self._early += data
                self._take_offer()
            case State.AWAITING_ADMISSION:
                self._early += data
                if len(self._early) > MAX_EARLY:
                    self.close("too much before the answer")
            case _:
                self._take_frames(data, now)

    def _take_offer(self) -> None:
        if len(self._early) < SEALED_BYTES:
            return
        sealed = self._early[:SEALED_BYTES]
        self._early = self._early[SEALED_BYTES:]
        self.state = move(self.state, Step.OFFER)
        self._happenings.append(OfferReceived(sealed))
        if len(self._early) > MAX_EARLY:
            self.close("too much before the answer")

    def _take_message(self, message: Message, now: float) -> None:
        if self.state is State.AWAITING_HELLO:
            self._take_hello(message)
        else:
            super()._take_message(message, now)

    def _take_hello(self, message: Message) -> None:
        if message.code != Code.POST or message.path != (b"h",):
            self.close("no hello")
            return
        self.hello = read_hello(message.payload)
        self.state = move(self.state, Step.HELLO)
        if message.type == Type.CON:
            self._acknowledge(message)
        self._happenings.append(HelloReceived(self.hello))

    def _on_request(self, message: Message, now: float) -> None:
        try:
            self._serve(message, now)
        except MalformedMessage:  # the application's mistake: it breaks no session
            self._conclude_if_wanted(message, Code.BAD_REQUEST)

    def _serve(self, message: Message, now: float) -> None:
        path = message.path
        letter = path[0] if path else b""
        match message.code, letter:
            case Code.POST, b"E" | b"e":
                self._on_publish(message, path)
            case Code.GET, b"e" | b"E":
                self._on_subscribe(message, path)
            case Code.POST, b"d":
                self._on_describe(message)
            case Code.GET, b"t":
                self._acknowledge(message, Code.CONTENT, _unix(now))
            case Code.POST, b"x":
                self._on_goodbye(message)
            case Code.POST, b"h":
                self._conclude_if_wanted(message, Code.EMPTY)
            case _:
                self._conclude_if_wanted(message, Code.NOT_FOUND)

    def _conclude_if_wanted(self, message: Message, code: int) -> None:
        if message.type == Type.CON:
            self._acknowledge(message, code)

    def _on_publish(self, message: Message, path: tuple[bytes, ...]) -> None:
        max_age = message.first_of(Option.MAX_AGE)
        kind = message.first_of(Option.CONTENT_FORMAT)
        self._happenings.append(
            PublishReceived(
                name=_text(path[1:]),
                data=message.payload,
                ttl=DEFAULT_TTL if max_age is None else uint(max_age),
                content_format=None if kind is None else uint(kind),
                mid=_mid(message),
            )
        )

    def _on_subscribe(self, message: Message, path: tuple[bytes, ...]) -> None:
        source = message.payload.decode("ascii", errors="replace").lower()
        self._happenings.append(
            SubscribeReceived(_text(path[1:]), source or None, _mid(message))
        )

    def _on_goodbye(self, message: Message) -> None:
        try:
            goodbye = read_goodbye(message.payload)
        except MalformedMessage:  # it goes, for whatever reason
            goodbye = Goodbye()
        self._conclude_if_wanted(message, Code.EMPTY)
        self._happenings.append(GoodbyeReceived(goodbye))

    def _on_describe(self, message: Message) -> None:
        flags = _flags(message)
        blocks = message.first_of(Option.BLOCK1)
        whole: bytes | None = message.payload
        if blocks is not None:
            assembly, self._assembly = self._assembly or Assembly(), None
            whole = assembly.add(read_block(blocks), message.payload)
            if whole is None:
                self._assembly = assembly
                self._conclude_if_wanted(message, Code.CONTINUE)
                return
        assert whole is not None
        self._tell_describe(flags, whole, message)
        self._conclude_if_wanted(message, Code.CHANGED)

    def _tell_describe(
        self, flags: DescribeFlag, whole: bytes, message: Message
    ) -> None:
        kind = message.first_of(Option.CONTENT_FORMAT)
        binary = kind is not None and uint(kind) == _OCTET_STREAM
        described = read_describe(flags, whole, binary=binary)
        self._happenings.append(DescribeReceived(flags, described))

    def _ask_block(
        self, flags: DescribeFlag, assembly: Assembly, block: Block | None
    ) -> None:
        options: tuple[tuple[int, bytes], ...] = (
            *_path(b"d"),
            (Option.URI_QUERY, bytes((flags,))),
        )
        if block is not None:
            options += ((Option.BLOCK2, write_block(block)),)
        token = self._ask(Code.GET, options, NO_DEADLINE)
        if self._asked is None:
            self._asked = {}
        self._asked[token] = assembly

    def _on_acknowledged(self, message: Message) -> None:
        """Nothing of ours waits for one: our requests have answers."""

    def _on_answer(self, message: Message) -> None:
        token = self._token_of(message)
        asked = self._asked or {}
        assembly = asked.pop(token, None) if token is not None else None
        if assembly is None or token is None:
            super()._on_answer(message)
            return
        if message.type == Type.CON:
            self._acknowledge(message)
        self._forget(token)
        with contextlib.suppress(MalformedMessage):  # what was known stays known
            self._take_described(message, assembly)

    def _take_described(self, message: Message, assembly: Assembly) -> None:
        if message.code != Code.CONTENT:
            return
        flags = DescribeFlag.SYSTEM | DescribeFlag.APPLICATION
        value = message.first_of(Option.BLOCK2)
        if value is None:
            self._tell_describe(flags, message.payload, message)
            return
        block = read_block(value)
        whole = assembly.add(block, message.payload)
        if whole is not None:
            self._tell_describe(flags, whole, message)
            return
        following = Block(block.number + 1, more=False, exponent=block.exponent)
        self._ask_block(flags, assembly, following)

    # Time

    def _quiet_until(self) -> float:
        if self.state is State.OPEN:
            return self._heard_at + self._silence
        return self._deadline

    def _fall_silent(self, now: float) -> None:
        self.close("silent" if self.state is State.OPEN else "handshake too slow")


def _path(*segments: bytes) -> tuple[tuple[int, bytes], ...]:
    return tuple((_PATH, segment) for segment in segments)


def _text(segments: tuple[bytes, ...]) -> str:
    try:
        return b"/".join(segments).decode()
    except UnicodeDecodeError:
        raise MalformedMessage("a name that is no UTF-8") from None


def _mid(message: Message) -> int | None:
    return message.mid if message.type == Type.CON else None


def _flags(message: Message) -> DescribeFlag:
    queries = message.all_of(Option.URI_QUERY)
    if queries and len(queries[0]) == 1:
        return DescribeFlag(queries[0][0] & 0x07)
    return DescribeFlag.SYSTEM | DescribeFlag.APPLICATION


def _unix(now: float) -> bytes:
    return (int(now) & 0xFFFFFFFF).to_bytes(4, "big")
