"""Replies that many endpoints share."""

from msgspec import Struct


class Okay(Struct):
    """It was done."""

    ok: bool = True


class OkayMessage(Struct):
    """It was done, and what that means."""

    message: str
    ok: bool = True
