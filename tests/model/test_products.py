"""Products: whose they are, and which teams have a say."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cyan.model.products import Claiming, Plan, Product, TeamRole

PUMPS = Product(
    id=1001,
    platform_id=6,
    name="Pumps",
    slug="pumps",
    description="",
    payer_id="ada",
    organization_id=None,
    team_id="team",
    quarantine=True,
    claiming=Claiming.TEAM_AND_CUSTOMERS,
    location_opt_in=False,
    known_application_opt_in=False,
    device_protection=False,
    plan=Plan.FREE,
    device_limit=0,
    created_at=datetime(2026, 11, 1, tzinfo=UTC),
)


@pytest.mark.parametrize("quarantine", [True, False])
def test_a_product_quarantines_or_approves_by_itself(quarantine: bool) -> None:
    product = replace(PUMPS, quarantine=quarantine)
    assert product.auto_approve is not quarantine  # MEM-7


def test_the_team_of_an_organization_has_a_say_too() -> None:
    assert PUMPS.team_ids == ("team",)
    assert replace(PUMPS, organization_id="acme").team_ids == ("team", "acme")


def test_a_product_is_handed_over_as_it_is() -> None:
    handed = PUMPS.handed_to("grace")  # LIM-2
    assert handed.payer_id == "grace"
    assert handed.handed_to("ada") == PUMPS


@pytest.mark.parametrize("text", ["View-only", "view-only", "VIEW-ONLY"])
def test_a_role_is_known_in_any_case(text: str) -> None:
    assert TeamRole(text) is TeamRole.VIEW_ONLY


@pytest.mark.parametrize("text", ["King", "", None, 5])
def test_what_is_no_role_is_none(text: object) -> None:
    with pytest.raises(ValueError, match="not a valid TeamRole"):
        TeamRole(text)
