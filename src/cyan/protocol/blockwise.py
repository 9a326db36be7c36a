"""Messages in blocks (RFC 7959), as far as describes need them (device wire §4.4)."""

from dataclasses import dataclass

from cyan.protocol.coap import MalformedMessage, uint, uint_bytes

MAX_WHOLE = 16 * 1024
"""Bytes of a whole describe; the largest seen are about 4,000."""


@dataclass(frozen=True, slots=True)
class Block:
    """The value of a Block option: which block, whether more follow, how large."""

    number: int
    more: bool
    exponent: int

    @property
    def size(self) -> int:
        """Bytes of a block that is not the last."""
        return 16 << self.exponent


def read_block(value: bytes) -> Block:
    """The value of a Block1 or Block2 option."""
    packed = uint(value)
    exponent = packed & 7
    if len(value) > 3 or exponent == 7:
        raise MalformedMessage("a block of no known size")
    return Block(packed >> 4, bool(packed & 8), exponent)


def write_block(block: Block) -> bytes:
    """A Block option's value."""
    return uint_bytes(block.number << 4 | block.more << 3 | block.exponent)


class Assembly:
    """Puts blocks together in their order; raises `MalformedMessage` at a gap."""

    __slots__ = ("_next", "_parts", "_size")

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._parts: list[bytes] = []
        self._next = 0
        self._size = 0

    def add(self, block: Block, payload: bytes) -> bytes | None:
        """The whole once its last block is in, else None."""
        if block.number == 0 and self._next:
            self._begin()
        if block.number != self._next:
            raise MalformedMessage("a block out of its order")
        self._size += len(payload)
        if self._size > MAX_WHOLE or (block.more and len(payload) != block.size):
            raise MalformedMessage("a block of another size")
        self._next += 1
        self._parts.append(payload)
        return None if block.more else b"".join(self._parts)
