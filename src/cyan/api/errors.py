"""The one table from refusals to Particle's error bodies (REST contract §0.3).

A route names its family; refusals of the token and of limits have a family of
their own wherever they occur. Whatever the family, `rule` and `remedy` are added
where the refusal has them: Particle's clients ignore members that they do not know.
"""

from enum import StrEnum
from typing import Any

from cyan.model.decisions import RefusalCode as Code
from cyan.model.decisions import Refuse


class Family(StrEnum):
    """The shapes of an error body."""

    OAUTH = "oauth"
    SINGLE = "single"
    LIST = "list"
    PERMISSION = "permission"


STATUS: dict[Code, int] = {
    Code.TOKEN_MISSING: 400,
    Code.TOKEN_UNKNOWN: 401,
    Code.TOKEN_EXPIRED: 401,
    Code.WRONG_CREDENTIALS: 400,
    Code.WRONG_PASSWORD: 400,
    Code.MFA_REQUIRED: 403,
    Code.WRONG_CODE: 400,
    Code.CLIENT_UNKNOWN: 400,
    Code.GRANT_UNSUPPORTED: 400,
    Code.SCOPE_MISSING: 400,
    Code.RATE_LIMITED: 429,
    Code.REQUEST_INCOMPLETE: 400,
    Code.INVALID_BODY: 400,
    Code.BODY_TOO_LARGE: 413,
    Code.MEDIA_TYPE: 415,
    Code.NO_SUCH_ROUTE: 404,
    Code.METHOD_NOT_ALLOWED: 405,
    Code.SIGNUP_CLOSED: 403,
    Code.USERNAME_UNUSABLE: 400,
    Code.USERNAME_TAKEN: 400,
    Code.PASSWORD_UNUSABLE: 400,
    Code.LINK_OVER: 400,
    Code.MFA_ALREADY_ON: 400,
    Code.MFA_NOT_ON: 400,
    Code.TOKEN_NOT_FOUND: 404,
    Code.CLIENT_NOT_FOUND: 404,
    Code.CLIENT_UNUSABLE: 400,
    Code.ONLY_OPERATOR: 400,
    Code.DEVICE_UNKNOWN: 403,
    Code.DEVICE_OFFLINE: 408,
    Code.DEVICE_SILENT: 408,
    Code.OWNED_BY_ANOTHER: 403,
    Code.DEVICE_LIMIT: 403,
    Code.NAME_TAKEN: 403,
    Code.NAME_UNUSABLE: 400,
    Code.NOTES_UNUSABLE: 400,
    Code.NOTHING_TO_DO: 400,
    Code.FUNCTION_UNKNOWN: 404,
    Code.VARIABLE_UNKNOWN: 404,
    Code.ARGUMENT_TOO_LONG: 400,
    Code.DEVICE_DECLINED: 400,
    Code.DEVICE_UNCLAIMED: 403,
    Code.SERIAL_UNKNOWN: 404,
    Code.KEY_UNUSABLE: 400,
    Code.KEY_PROTECTED: 403,
    Code.DEVICE_QUARANTINED: 403,
    Code.WRONG_PLATFORM: 403,
    Code.PRODUCT_UNKNOWN: 403,
    Code.PRODUCT_UNUSABLE: 400,
    Code.PRODUCT_NOT_EMPTY: 400,
    Code.NOT_IN_PRODUCT: 404,
    Code.DEVICE_IS_MEMBER: 400,
    Code.DEVICE_PROTECTED: 400,
    Code.ROLE_MISSING: 403,
    Code.MACHINE_REFUSED: 400,
    Code.TEAM_UNUSABLE: 400,
    Code.TEAM_MEMBER_UNKNOWN: 404,
    Code.GROUP_UNKNOWN: 404,
    Code.GROUP_UNUSABLE: 400,
    Code.IMPORT_UNKNOWN: 404,
    Code.IMPORT_UNUSABLE: 400,
    Code.ONLY_OWNER: 400,
    Code.TRANSFER_UNKNOWN: 404,
    Code.TRANSFER_OVER: 409,
    Code.EVENT_UNUSABLE: 400,
    Code.EVENT_RESERVED: 400,
    Code.PREFIX_MISSING: 400,
    Code.BUSY: 503,
    Code.FAULT: 500,
}

OAUTH_NAMES: dict[Code, str] = {
    Code.TOKEN_MISSING: "invalid_request",
    Code.TOKEN_UNKNOWN: "invalid_token",
    Code.TOKEN_EXPIRED: "invalid_token",
    Code.WRONG_CREDENTIALS: "invalid_grant",
    Code.MFA_REQUIRED: "mfa_required",
    Code.WRONG_CODE: "invalid_grant",
    Code.CLIENT_UNKNOWN: "invalid_client",
    Code.GRANT_UNSUPPORTED: "unsupported_grant_type",
    Code.SCOPE_MISSING: "unauthorized",
    Code.ROLE_MISSING: "unauthorized",
    Code.MACHINE_REFUSED: "unauthorized",
    Code.RATE_LIMITED: "too_many_requests",
    Code.REQUEST_INCOMPLETE: "invalid_request",
    Code.INVALID_BODY: "invalid_request",
    Code.BODY_TOO_LARGE: "invalid_request",
    Code.MEDIA_TYPE: "invalid_request",
}

ALWAYS_OAUTH = frozenset(
    {
        Code.TOKEN_MISSING,
        Code.TOKEN_UNKNOWN,
        Code.TOKEN_EXPIRED,
        Code.MFA_REQUIRED,
        Code.SCOPE_MISSING,
        Code.ROLE_MISSING,
        Code.MACHINE_REFUSED,
        Code.RATE_LIMITED,
    }
)
ONLY_DEVICE_UNKNOWN = frozenset({Code.DEVICE_UNKNOWN, Code.KEY_PROTECTED})


def status_of(code: Code, family: Family) -> int:
    """The HTTP status; a claim answers 404 for what it cannot find (§2.4).

    Name and password by HTTP Basic, which only lists of tokens take, answer 401
    (§1.2); everywhere else that would sign people out.
    """
    if code is Code.WRONG_CREDENTIALS and family is Family.LIST:
        return 401
    if code is Code.DEVICE_UNKNOWN and family is Family.LIST:
        return 404
    return STATUS[code]


def family_of(code: Code, family: Family) -> Family:
    """The family that a refusal has on a route of some family."""
    if code in ALWAYS_OAUTH:
        return Family.OAUTH
    if code in ONLY_DEVICE_UNKNOWN and family is Family.SINGLE:
        return Family.PERMISSION
    if code is Code.NAME_TAKEN:
        return Family.LIST
    if family is Family.PERMISSION and code not in ONLY_DEVICE_UNKNOWN:
        return Family.SINGLE
    return family


def body_of(refusal: Refuse, family: Family) -> dict[str, Any]:
    """What the wire says of a refusal on a route of some family."""
    body = _shaped(refusal, family_of(refusal.code, family))
    if refusal.rule is not None:
        body["rule"] = refusal.rule
    if refusal.remedy is not None:
        body["remedy"] = refusal.remedy
    return body | dict(refusal.details or {})


def _shaped(refusal: Refuse, family: Family) -> dict[str, Any]:
    match family:
        case Family.OAUTH:
            name = OAUTH_NAMES.get(refusal.code, refusal.code.value)
            return {"error": name, "error_description": refusal.reason}
        case Family.SINGLE:
            return {"ok": False, "error": refusal.reason}
        case Family.LIST:
            body: dict[str, Any] = {"ok": False, "errors": [refusal.reason]}
            if refusal.code is Code.NAME_TAKEN:  # clients know this one by its code
                body["code"] = 403
            return body
        case Family.PERMISSION:
            return {"error": "Permission Denied", "info": refusal.reason}
