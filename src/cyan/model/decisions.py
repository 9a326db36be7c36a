"""Refusals: the closed list of reasons for which Cyan says no.

A refusal is an answer, not a failure. Each door renders it its own way from one
table (`cyan.api.errors` for HTTP). Who is entitled to know gets the rule, the
reason and the remedy; a stranger gets a uniform answer (see docs/explain).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class RefusalCode(StrEnum):
    """What stands in the way; the names never change once released."""

    # Who is asking
    TOKEN_MISSING = "token_missing"
    TOKEN_UNKNOWN = "token_unknown"
    TOKEN_EXPIRED = "token_expired"
    WRONG_CREDENTIALS = "wrong_credentials"
    WRONG_PASSWORD = "wrong_password"
    MFA_REQUIRED = "mfa_required"
    WRONG_CODE = "wrong_code"
    CLIENT_UNKNOWN = "client_unknown"
    GRANT_UNSUPPORTED = "grant_unsupported"
    SCOPE_MISSING = "scope_missing"
    RATE_LIMITED = "rate_limited"
    # What was sent
    REQUEST_INCOMPLETE = "request_incomplete"
    INVALID_BODY = "invalid_body"
    BODY_TOO_LARGE = "body_too_large"
    MEDIA_TYPE = "media_type"
    NO_SUCH_ROUTE = "no_such_route"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    # Accounts
    SIGNUP_CLOSED = "signup_closed"
    USERNAME_UNUSABLE = "username_unusable"
    USERNAME_TAKEN = "username_taken"
    PASSWORD_UNUSABLE = "password_unusable"
    LINK_OVER = "link_over"
    MFA_ALREADY_ON = "mfa_already_on"
    MFA_NOT_ON = "mfa_not_on"
    TOKEN_NOT_FOUND = "token_not_found"
    CLIENT_NOT_FOUND = "client_not_found"
    CLIENT_UNUSABLE = "client_unusable"
    ONLY_OPERATOR = "only_operator"
    # Devices
    DEVICE_UNKNOWN = "device_unknown"
    DEVICE_OFFLINE = "device_offline"
    DEVICE_SILENT = "device_silent"
    OWNED_BY_ANOTHER = "owned_by_another"
    DEVICE_LIMIT = "device_limit"
    NAME_TAKEN = "name_taken"
    NAME_UNUSABLE = "name_unusable"
    NOTES_UNUSABLE = "notes_unusable"
    NOTHING_TO_DO = "nothing_to_do"
    FUNCTION_UNKNOWN = "function_unknown"
    VARIABLE_UNKNOWN = "variable_unknown"
    ARGUMENT_TOO_LONG = "argument_too_long"
    DEVICE_DECLINED = "device_declined"
    DEVICE_UNCLAIMED = "device_unclaimed"
    SERIAL_UNKNOWN = "serial_unknown"
    KEY_UNUSABLE = "key_unusable"
    KEY_PROTECTED = "key_protected"
    DEVICE_QUARANTINED = "device_quarantined"
    WRONG_PLATFORM = "wrong_platform"
    # Products
    PRODUCT_UNKNOWN = "product_unknown"
    PRODUCT_UNUSABLE = "product_unusable"
    PRODUCT_NOT_EMPTY = "product_not_empty"
    NOT_IN_PRODUCT = "not_in_product"
    DEVICE_IS_MEMBER = "device_is_member"
    DEVICE_PROTECTED = "device_protected"
    ROLE_MISSING = "role_missing"
    MACHINE_REFUSED = "machine_refused"
    TEAM_UNUSABLE = "team_unusable"
    TEAM_MEMBER_UNKNOWN = "team_member_unknown"
    GROUP_UNKNOWN = "group_unknown"
    GROUP_UNUSABLE = "group_unusable"
    IMPORT_UNKNOWN = "import_unknown"
    IMPORT_UNUSABLE = "import_unusable"
    ONLY_OWNER = "only_owner"
    # Transfers
    TRANSFER_UNKNOWN = "transfer_unknown"
    TRANSFER_OVER = "transfer_over"
    # Events
    EVENT_UNUSABLE = "event_unusable"
    EVENT_RESERVED = "event_reserved"
    PREFIX_MISSING = "prefix_missing"
    # The server itself
    BUSY = "busy"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Allow:
    """A plain yes, by the rule of this number."""

    rule: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """A no, with what an entitled caller may know of it.

    `reason` is one plain sentence about this very case, `remedy` what to do next,
    `rule` the number in docs/rules, `retry_after` seconds, and `details` further
    members of the answer that some clients read (such as `mfa_token`).
    """

    code: RefusalCode
    reason: str
    rule: str | None = None
    remedy: str | None = None
    retry_after: int | None = None
    details: Mapping[str, Any] | None = None


class Refused(Exception):
    """A use case ends here; the door renders `refusal`."""

    def __init__(self, refusal: Refuse) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


def refused(code: RefusalCode, reason: str, **more: Any) -> Refused:
    """Make a `Refused` in one expression; `more` are the members of `Refuse`."""
    return Refused(Refuse(code, reason, **more))
