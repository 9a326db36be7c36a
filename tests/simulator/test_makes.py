"""What pretend devices are, and what the membership script says of them."""

import re
from random import Random

import pytest

from cyan.model.platforms import version_text
from cyan.protocol.hello import Hello
from cyan.rules.membership import (
    BeInNoProduct,
    BeQuarantined,
    HelloFacts,
    Join,
    Membership,
    decide_membership,
    generation_of,
    listed_of,
    reported_of,
)
from cyan.simulator.fleet import firmware_of
from cyan.simulator.identity import Identity, numbered_id
from cyan.simulator.makes import BORON, PHOTON, Make, membership_script, read_device_os

PRODUCT = 4711


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3.3.0", 3300),
        ("1.5.1-rc.2", 1512),
        ("4.0.0", 4000),
        ("6.2.1", 6210),
        ("11", 11),
    ],
)
def test_a_device_os_is_read_as_it_is_shown(text: str, number: int) -> None:
    assert read_device_os(text) == number
    assert version_text(number) == text


@pytest.mark.parametrize(
    "text", ["", "3.3", "3.3.0.1", "v3.3.0", "3.3.10", "0.9.0", "3300", "3.٣.0"]
)
def test_what_is_no_device_os_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no version"):
        read_device_os(text)


def hello_of(make: Make, *, safe_mode: bool = False) -> Hello:
    firmware = firmware_of(1, make, Random(1), "steady")
    firmware.safe_mode = safe_mode
    return firmware.hello()


def decide(hello: Hello, platform_id: int, *, auto_approve: bool) -> Membership:
    """What the rules make of a hello, where PRODUCT is the only product."""
    return decide_membership(
        HelloFacts(
            listed=listed_of(None, hello.platform_id),
            generation=generation_of(hello.system_version),
            reported=reported_of(
                hello.product_id,
                hello.platform_id,
                platform_id if hello.product_id == PRODUCT else None,
            ),
            exclusion=None,
            auto_approve=auto_approve,
            room=True,
            safe_mode=False,
        )
    )


@pytest.mark.parametrize("platform_id", [PHOTON, BORON, 12])
def test_each_device_of_the_script_becomes_what_it_says(platform_id: int) -> None:
    rules = []
    for make in membership_script(PRODUCT, platform_id):
        hello = hello_of(make)
        closed = decide(hello, platform_id, auto_approve=False)
        opened = decide(hello, platform_id, auto_approve=True)
        if make.outcome.startswith("quarantined"):
            assert isinstance(closed, BeQuarantined)
            assert isinstance(opened, Join)
        else:
            assert "in no product" in make.outcome
            assert closed == opened
            assert isinstance(closed, BeInNoProduct)
        told = re.search(r"\((\S+)\)$", make.outcome)
        assert told
        if not make.fails:
            assert told[1] == closed.rule
        rules.append(told[1])
    assert set(rules) == {"MEM-5", "MEM-6", "MEM-7", "MEM-12", "MEM-13"}


def test_safe_mode_names_no_firmware() -> None:
    make = Make(PHOTON, 3300, PRODUCT, 3)
    running, failed = hello_of(make), hello_of(make, safe_mode=True)
    assert (running.product_id, running.product_version) == (PRODUCT, 3)
    assert (failed.product_id, failed.product_version) == (PHOTON, None)


def test_a_script_knocks_at_a_product() -> None:
    with pytest.raises(ValueError, match="--product-id"):
        membership_script(None, PHOTON)


def test_a_device_of_a_fleet_is_the_same_one_for_the_same_seed() -> None:
    device_id = numbered_id(7, 3)
    assert Identity.numbered(7, 3, None).device_id == device_id
    assert numbered_id(7, 4) != device_id
    assert numbered_id(8, 3) != device_id
