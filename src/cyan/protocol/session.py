"""What both sides of a connection share once it is encrypted: messages, their ids,
their tokens and their deadlines (device wire §1.2, §3).
"""

from abc import ABC, abstractmethod

from cyan.protocol.coap import Code, MalformedMessage, Message, Type
from cyan.protocol.framing import BrokenStream, FrameReader, FrameWriter
from cyan.protocol.happenings import (
    Answered,
    Closed,
    Happening,
    RequestTimedOut,
)
from cyan.protocol.states import State, Step, WrongState, move
from cyan.protocol.tcp_handshake import Credentials

REMEMBERED_SECONDS = 45.0
"""For so long a message id stays known, and is not used again (device wire §3)."""

TOKENS = 256
NO_DEADLINE = float("inf")


class TooManyRequests(Exception):
    """All one-byte tokens wait for an answer."""


class Session(ABC):
    """One side of a connection: bytes in, bytes and happenings out.

    Feed it with `receive` and `receive_eof`; after each, and after each command,
    send `bytes_to_send` and act on `happenings`. `wake_at` says when to call `wake`
    at the latest. Times are Unix times in seconds.
    """

    __slots__ = (
        "_answers",
        "_deadline",
        "_happenings",
        "_heard_at",
        "_mid",
        "_out",
        "_reader",
        "_waiting",
        "_writer",
        "state",
    )

    def __init__(self, state: State, deadline: float) -> None:
        self.state = state
        self._deadline = deadline
        self._heard_at = 0.0
        self._out = bytearray()
        self._happenings: list[Happening] = []
        self._reader: FrameReader | None = None
        self._writer: FrameWriter | None = None
        self._mid = 0
        self._answers: dict[int, tuple[float, bytes]] | None = None
        self._waiting: dict[int, tuple[float, int]] | None = None

    # What the driver calls

    def receive(self, data: bytes, now: float) -> None:
        """Take bytes from the other side; never raises, whatever they are."""
        if self.state is State.CLOSED:
            return
        try:
            self._take(data, now)
        except BrokenStream:
            self.close("broken stream")
        except MalformedMessage:
            self.close("malformed message")

    def receive_eof(self) -> None:
        """The other side closed the connection."""
        self.close("closed by the other side")

    def bytes_to_send(self) -> bytes:
        """What is to be sent now."""
        if not self._out:
            return b""
        data = bytes(self._out)
        self._out.clear()
        return data

    def happenings(self) -> list[Happening]:
        """What happened since this was last asked."""
        if not self._happenings:
            return []
        happened, self._happenings = self._happenings, []
        return happened

    def wake_at(self) -> float:
        """When `wake` must be called at the latest."""
        waiting = min(self._waiting.values())[0] if self._waiting else NO_DEADLINE
        return min(self._quiet_until(), waiting)

    def wake(self, now: float) -> None:
        """Let time pass: what was due by now happens."""
        if self.state is State.CLOSED:
            return
        for token, (deadline, _) in list((self._waiting or {}).items()):
            if deadline <= now:
                self._forget(token)
                self._happenings.append(RequestTimedOut(token))
        if self._quiet_until() <= now:
            self._fall_silent(now)

    def close(self, reason: str) -> None:
        """End the session; nothing happens after `Closed`."""
        if self.state is State.CLOSED:
            return
        self.state = move(self.state, Step.CLOSE)
        self._waiting = self._answers = None
        self._happenings.append(Closed(reason))

    # What each side tells

    @abstractmethod
    def _take(self, data: bytes, now: float) -> None:
        """Take bytes, which the state says how to read."""

    @abstractmethod
    def _on_request(self, message: Message, now: float) -> None:
        """Serve a request of the other side."""

    @abstractmethod
    def _quiet_until(self) -> float:
        """When it is too late for the next step, or for a word of the other side."""

    @abstractmethod
    def _fall_silent(self, now: float) -> None:
        """Nothing came until then."""

    # Shared parts

    def _encrypt(self, credentials: Credentials) -> None:
        self._reader = FrameReader(credentials.key, credentials.iv)
        self._writer = FrameWriter(credentials.key, credentials.iv)

    def _take_frames(self, data: bytes, now: float) -> None:
        assert self._reader is not None  # the state says that there are keys
        self._heard_at = now
        for plain in self._reader.feed(data):
            self._take_message(Message.decode(plain), now)
            if self.state is State.CLOSED:
                return

    def _take_message(self, message: Message, now: float) -> None:
        if message.type == Type.RST:
            self._on_answer(message)
        elif message.is_request:
            if not self._repeat(message, now):
                self._on_request(message, now)
        elif message.is_answer:
            self._on_answer(message)
        elif message.type == Type.CON:  # an empty one is a ping
            self._acknowledge(message)
        elif message.type == Type.ACK:
            self._on_acknowledged(message)

    @abstractmethod
    def _on_acknowledged(self, message: Message) -> None:
        """An empty acknowledgement."""

    def _on_answer(self, message: Message) -> None:
        if message.type == Type.CON:
            self._acknowledge(message)
        token = self._token_of(message)
        if token is None:
            return
        self._forget(token)
        self._happenings.append(Answered(token, message.code, message.payload))

    def _token_of(self, message: Message) -> int | None:
        """The token of what waits for this answer.

        What firmware refuses in the acknowledgement itself carries no token: that is
        found by its message id (device wire §3).
        """
        waiting = self._waiting or {}
        if len(message.token) == 1:
            return message.token[0] if message.token[0] in waiting else None
        if message.type in (Type.ACK, Type.RST):
            for token, (_, mid) in waiting.items():
                if mid == message.mid:
                    return token
        return None

    def _repeat(self, message: Message, now: float) -> bool:
        """Answer a repeated message as before, without a second happening."""
        if message.type != Type.CON or not self._answers:
            return False
        known = self._answers.get(message.mid)
        if known is None or known[0] <= now:
            return False
        self._write(known[1])
        return True

    def _acknowledge(
        self, message: Message, code: int = Code.EMPTY, payload: bytes = b""
    ) -> None:
        token = message.token if code else b""
        ack = Message(Type.ACK, code, message.mid, token, (), payload).encode()
        if message.code:  # a ping is answered each time anew
            self._remember(message.mid, ack)
        self._write(ack)

    def _remember(self, mid: int, ack: bytes) -> None:
        if self._answers is None:
            self._answers = {}
        for old, (until, _) in list(self._answers.items()):
            if until > self._heard_at:
                break
            del self._answers[old]
        self._answers[mid] = (self._heard_at + REMEMBERED_SECONDS, ack)

    def _next_mid(self) -> int:
        self._mid = (self._mid + 1) & 0xFFFF
        return self._mid

    def _send(self, message: Message) -> None:
        self._write(message.encode())

    def _write(self, plain: bytes) -> None:
        assert self._writer is not None  # the state says that there are keys
        self._out += self._writer.seal(plain)

    def _ask(
        self, code: int, options: tuple[tuple[int, bytes], ...], deadline: float
    ) -> int:
        """Send a confirmable request; its token, which the answer will carry."""
        self._require_open()
        token = self._free_token()
        if self._waiting is None:
            self._waiting = {}
        mid = self._next_mid()
        self._waiting[token] = (deadline, mid)
        self._send(Message(Type.CON, code, mid, bytes((token,)), options))
        return token

    def _free_token(self) -> int:
        waiting = self._waiting or {}
        for offset in range(TOKENS):
            token = (self._mid + 1 + offset) % TOKENS
            if token not in waiting:
                return token
        raise TooManyRequests

    def _forget(self, token: int) -> None:
        assert self._waiting is not None
        del self._waiting[token]
        if not self._waiting:
            self._waiting = None

    def _require_open(self) -> None:
        if self.state is not State.OPEN:
            raise WrongState(f"a command while {self.state.name}")
