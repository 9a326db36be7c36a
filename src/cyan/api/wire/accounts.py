"""An account's attributes on the wire (REST contract §1.3)."""

from collections.abc import Sequence
from typing import Annotated, Any

from msgspec import Meta, Struct

from cyan.model.accounts import Account
from cyan.model.devices import Device
from cyan.model.platforms import is_cellular

Line = Annotated[str, Meta(max_length=200)]


class AccountInfo(Struct, omit_defaults=True):
    """What a person tells of themselves; members that are left out stay."""

    first_name: Line | None = None
    last_name: Line | None = None
    company_name: Line | None = None
    business_account: bool | None = None


class Profile(Struct):
    """What is told of a person to themselves."""

    first_name: str
    last_name: str
    company_name: str
    business_account: bool


class MfaState(Struct):
    """Whether one-time codes are on."""

    enabled: bool


class User(Struct, kw_only=True):
    """An account, as `GET /v1/user` tells it."""

    username: str
    subscription_ids: list[int]
    tos: int
    account_info: Profile
    mfa: MfaState
    memberships: list[str]
    scim_provisioned: bool
    no_password: bool
    wifi_device_count: int
    cellular_device_count: int


def user_of(account: Account, devices: Sequence[Device]) -> User:
    """What is said of an account with these devices."""
    cellular = sum(is_cellular(device.platform_id) for device in devices)
    info = account.info
    return User(
        username=account.username,
        subscription_ids=[],
        tos=1,
        account_info=Profile(
            first_name=_text(info, "first_name"),
            last_name=_text(info, "last_name"),
            company_name=_text(info, "company_name"),
            business_account=bool(info.get("business_account")),
        ),
        mfa=MfaState(account.mfa_secret is not None),
        memberships=[],
        scim_provisioned=False,
        no_password=False,
        wifi_device_count=len(devices) - cellular,
        cellular_device_count=cellular,
    )


def _text(info: dict[str, Any], name: str) -> str:
    return str(info.get(name) or "")
