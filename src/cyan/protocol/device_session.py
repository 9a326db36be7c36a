"""The device's side of a connection over TCP, as Device OS speaks it.

The driver reads `NonceReceived`, makes the offer off its loop, and calls `offer`;
on `AnswerReceived` it opens the answer and calls `admit`, which says hello. After
`Welcomed` everything may be sent.
"""

from dataclasses import dataclass

from cyan.protocol.blockwise import Block, read_block, write_block
from cyan.protocol.coap import Code, Message, Option, Type, uint_bytes
from cyan.protocol.describe import DescribeFlag
from cyan.protocol.goodbye import Goodbye, write_goodbye
from cyan.protocol.happenings import (
    Acknowledged,
    AnswerReceived,
    DescribeAsked,
    EventReceived,
    FunctionCalled,
    NonceReceived,
    Signalled,
    VariableRead,
    Welcomed,
)
from cyan.protocol.hello import Hello, write_hello
from cyan.protocol.session import Session
from cyan.protocol.states import State, Step, move
from cyan.protocol.tcp_handshake import ANSWER_BYTES, NONCE_BYTES, Credentials
from cyan.protocol.values import Value, write_result, write_value

HANDSHAKE_SECONDS = 20.0
WELCOME_SECONDS = 4.0
PING_SECONDS = 25.0
PONG_SECONDS = 10.0
_OCTET_STREAM = 42
_BLOCK = 512
_BLOCK_EXPONENT = 5


@dataclass(frozen=True, slots=True)
class Part:
    """One describe, or a piece of it: whether it is binary, and its bytes."""

    flags: DescribeFlag
    binary: bool
    payload: bytes


class DeviceSession(Session):
    """See `Session`; `ping_seconds` is how long it stays quiet before it pings."""

    __slots__ = ("_came", "_left", "_ping_seconds", "_pinged", "hello")

    def __init__(self, now: float, ping_seconds: float = PING_SECONDS) -> None:
        super().__init__(State.AWAITING_NONCE, now + HANDSHAKE_SECONDS)
        self._ping_seconds = ping_seconds
        self._came = b""
        self._pinged = False
        self._left: dict[int, list[Message]] = {}
        self.hello: Hello | None = None

    # Commands

    def offer(self, sealed: bytes) -> None:
        """Send the 256 bytes that only the server can open."""
        if self.state is State.AWAITING_ANSWER:
            self._out += sealed

    def admit(self, credentials: Credentials, hello: Hello, now: float) -> None:
        """The answer was good: from now on speak encrypted, and say hello."""
        self.state = move(self.state, Step.ANSWER)
        self._encrypt(credentials)
        self._mid = int.from_bytes(credentials.salt[:2], "little")  # wire §1.2
        self._deadline = now + WELCOME_SECONDS
        self.hello = hello
        options = ((Option.URI_PATH, b"h"),)
        payload = write_hello(hello)
        mid = self._next_mid()
        self._send(Message(Type.NON, Code.POST, mid, b"", options, payload))
        early, self._came = self._came, b""
        if early:
            self.receive(early, now)

    def describe(self, part: Part) -> None:
        """Tell of ourselves, in blocks where it is large (device wire §4.4)."""
        self._require_open()
        options = [(Option.URI_PATH, b"d")]
        if part.binary:
            options.append((Option.CONTENT_FORMAT, bytes((_OCTET_STREAM,))))
        options.append((Option.URI_QUERY, bytes((part.flags,))))
        messages = list(self._blocks(part.payload, options))
        self._send(messages[0])
        if len(messages) > 1:
            self._left[messages[0].mid] = messages[1:]

    def _blocks(
        self, payload: bytes, options: list[tuple[Option, bytes]]
    ) -> list[Message]:
        pieces = [
            payload[at : at + _BLOCK] for at in range(0, len(payload), _BLOCK)
        ] or [b""]
        messages = []
        for number, piece in enumerate(pieces):
            more = number + 1 < len(pieces)
            block = write_block(Block(number, more, _BLOCK_EXPONENT))
            numbered = [*options, (Option.BLOCK1, block)]
            messages.append(
                Message(
                    Type.CON,
                    Code.POST,
                    self._next_mid(),
                    bytes((self._mid & 0xFF,)),
                    tuple(numbered if len(pieces) > 1 else options),
                    piece,
                )
            )
        return messages

    def return_describe(self, token: bytes, payload: bytes) -> None:
        """Answer a describe that the server asked for, as older firmware does."""
        self._answer(token, Code.CONTENT, payload)

    def publish(
        self, name: str, data: bytes, *, ttl: int = 60, ack: bool = False
    ) -> int:
        """Publish an event; the message id, which an acknowledgement will carry."""
        options = [(Option.URI_PATH, b"E"), (Option.URI_PATH, name.encode())]
        if ttl != 60:
            options.append((Option.MAX_AGE, uint_bytes(ttl)))
        return self._tell(Code.POST, tuple(options), data, ack=ack)

    def subscribe(self, prefix: str) -> int:
        """Ask for the events whose names begin with a prefix."""
        options = ((Option.URI_PATH, b"e"), (Option.URI_PATH, prefix.encode()))
        return self._tell(Code.GET, options, b"", ack=False)

    def ask_time(self, deadline: float) -> int:
        """Ask for the time; the token of the answer."""
        return self._ask(Code.GET, ((Option.URI_PATH, b"t"),), deadline)

    def goodbye(self, goodbye: Goodbye) -> None:
        """Say why we go; the driver then closes the connection."""
        options = ((Option.URI_PATH, b"x"), (Option.GOODBYE, b""))
        self._tell(Code.POST, options, write_goodbye(goodbye), ack=False)

    def return_result(self, token: bytes, value: int) -> None:
        """Answer a call with what the function returned."""
        self._answer(token, Code.CHANGED, write_result(value))

    def return_value(self, token: bytes, kind: str, value: Value) -> None:
        """Answer a read with a value of a type (by its word)."""
        self._answer(token, Code.CONTENT, write_value(kind, value))

    def return_nothing(self, token: bytes) -> None:
        """Answer that there is no such variable."""
        self._answer(token, Code.NOT_FOUND, b"")

    def _answer(self, token: bytes, code: int, payload: bytes) -> None:
        self._require_open()
        mid = self._next_mid()
        self._send(Message(Type.NON, code, mid, token, (), payload))

    def _tell(
        self,
        code: int,
        options: tuple[tuple[int, bytes], ...],
        payload: bytes,
        *,
        ack: bool,
    ) -> int:
        self._require_open()
        kind = Type.CON if ack else Type.NON
        mid = self._next_mid()
        self._send(Message(kind, code, mid, b"", options, payload))
        return mid

    # What comes in

    def _take(self, data: bytes, now: float) -> None:
        self._pinged = False
        if self.state in (State.AWAITING_NONCE, State.AWAITING_ANSWER):
            self._came += data
            self._take_handshake()
        else:
            self._take_frames(data, now)

    def _take_handshake(self) -> None:
        if self.state is State.AWAITING_NONCE and len(self._came) >= NONCE_BYTES:
            nonce, self._came = self._came[:NONCE_BYTES], self._came[NONCE_BYTES:]
            self.state = move(self.state, Step.NONCE)
            self._happenings.append(NonceReceived(nonce))
        elif self.state is State.AWAITING_ANSWER and len(self._came) >= ANSWER_BYTES:
            answer, self._came = self._came[:ANSWER_BYTES], self._came[ANSWER_BYTES:]
            self._happenings.append(AnswerReceived(answer))

    def _on_request(self, message: Message, now: float) -> None:
        path = message.path
        letter = path[0] if path else b""
        match message.code, letter:
            case Code.POST, b"h":
                self._on_welcome(now)
            case Code.POST, b"f":
                self._on_call(message, path)
            case Code.GET, b"v":
                self._acknowledge(message)
                name = b"/".join(path[1:]).decode(errors="replace")
                self._happenings.append(VariableRead(name, message.token))
            case Code.PUT, b"s":
                self._acknowledge(message, Code.CHANGED)
                on = message.all_of(Option.URI_QUERY) != (b"\0",)
                self._happenings.append(Signalled(on))
            case Code.POST, b"e" | b"E":
                self._on_event(message, path)
            case Code.GET, b"d":
                self._on_describe_asked(message)
            case _:
                if message.type == Type.CON:
                    self._acknowledge(message, Code.NOT_FOUND)

    def _on_welcome(self, now: float) -> None:
        if self.state is State.AWAITING_WELCOME:
            self.state = move(self.state, Step.WELCOME)
            self._heard_at = now
            self._happenings.append(Welcomed())

    def _on_call(self, message: Message, path: tuple[bytes, ...]) -> None:
        self._acknowledge(message)
        queries = message.all_of(Option.URI_QUERY)
        argument = queries[0].decode(errors="replace") if queries else ""
        name = b"/".join(path[1:]).decode(errors="replace")
        self._happenings.append(FunctionCalled(name, argument, message.token))

    def _on_event(self, message: Message, path: tuple[bytes, ...]) -> None:
        if message.type == Type.CON:
            self._acknowledge(message)
        name = b"/".join(path[1:]).decode(errors="replace")
        self._happenings.append(EventReceived(name, message.payload))

    def _on_describe_asked(self, message: Message) -> None:
        self._acknowledge(message)
        if message.first_of(Option.BLOCK2) is not None:
            read_block(message.first_of(Option.BLOCK2) or b"")
        queries = message.all_of(Option.URI_QUERY)
        flags = (
            DescribeFlag(queries[0][0] & 0x07)
            if queries and queries[0]
            else (DescribeFlag.SYSTEM | DescribeFlag.APPLICATION)
        )
        self._happenings.append(DescribeAsked(flags, message.token))

    def _on_acknowledged(self, message: Message) -> None:
        self._on_ack(message)

    def _on_answer(self, message: Message) -> None:
        if message.type == Type.ACK:
            self._on_ack(message)
        super()._on_answer(message)

    def _on_ack(self, message: Message) -> None:
        left = self._left.pop(message.mid, None)
        if left:
            self._send(left[0])
            if len(left) > 1:
                self._left[left[0].mid] = left[1:]
        self._happenings.append(Acknowledged(message.mid, message.code))

    # Time

    def _quiet_until(self) -> float:
        if self.state is not State.OPEN:
            return self._deadline
        patience = self._ping_seconds + (PONG_SECONDS if self._pinged else 0)
        return self._heard_at + patience

    def _fall_silent(self, now: float) -> None:
        if self.state is State.OPEN and not self._pinged:
            self._pinged = True
            self._send(Message(Type.CON, Code.EMPTY, self._next_mid()))
            return
        self.close("silent" if self.state is State.OPEN else "handshake too slow")
