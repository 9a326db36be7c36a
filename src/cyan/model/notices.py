"""Notices: what happened in our domain, told to people through the outbox."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class NoticeKind(StrEnum):
    """What happened; past tense. Each kind has a mail template of its name."""

    ACCOUNT_INVITED = "account_invited"
    PASSWORD_RESET_REQUESTED = "password_reset_requested"
    TRANSFER_REQUESTED = "transfer_requested"
    TRANSFER_APPROVED = "transfer_approved"
    TRANSFER_DENIED = "transfer_denied"
    TRANSFER_EXPIRED = "transfer_expired"
    TRANSFER_ENDED = "transfer_ended"
    TEAM_INVITED = "team_invited"
    DEVICE_UNCLAIMED_BY_OPERATOR = "device_unclaimed_by_operator"


@dataclass(frozen=True, slots=True)
class Notice:
    """One mail to one person, waiting in the outbox until it was sent.

    `body` fills the template. `attempts` counts the tries that failed and
    `due_at` says when the next one is due.
    """

    number: int
    kind: NoticeKind
    recipient: str
    body: dict[str, Any]
    created_at: datetime
    due_at: datetime
    attempts: int
