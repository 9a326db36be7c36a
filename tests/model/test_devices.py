"""Devices: online is an open session (CLM-5), and quarantine is no membership."""

import pytest
from tests.support.devices import a_device

from cyan.model.devices import Standing


def test_a_device_with_an_open_session_is_online_also_without_an_owner() -> None:
    assert not a_device().online
    device = a_device(session_id="session")
    assert device.online
    assert device.owner_id is None


@pytest.mark.parametrize(
    ("standing", "member"),
    [
        (Standing.MEMBER, True),
        (Standing.WRONG_PLATFORM, True),  # MEM-13, it stays listed
        (Standing.QUARANTINED, False),  # MEM-8
        (Standing.DENIED, False),
    ],
)
def test_a_device_is_a_member_or_waits_and_never_both(
    standing: Standing, member: bool
) -> None:
    device = a_device(product_id=1001, standing=standing)
    assert device.member_of == (1001 if member else None)
    assert device.quarantined_in == (None if member else 1001)


def test_a_device_in_no_product_is_neither() -> None:
    assert a_device().member_of is None
    assert a_device().quarantined_in is None
