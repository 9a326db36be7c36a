"""Platforms: as data, and versions as people know them."""

import pytest

from cyan.model.platforms import PLATFORMS, is_cellular, platform_name, version_text


def test_every_platform_has_a_number_and_a_name_of_its_own() -> None:
    assert all(number == platform.id for number, platform in PLATFORMS.items())
    assert len({platform.name for platform in PLATFORMS.values()}) == len(PLATFORMS)


@pytest.mark.parametrize(
    ("platform_id", "cellular"),
    [(13, True), (10, True), (12, False), (6, False), (999, False), (None, False)],
)
def test_only_platforms_with_a_modem_are_cellular(
    platform_id: int | None, cellular: bool
) -> None:
    assert is_cellular(platform_id) is cellular


@pytest.mark.parametrize(
    ("system_version", "text"),
    [
        (6200, "6.2.0"),
        (1512, "1.5.1-rc.2"),
        (3000, "3.0.0"),
        (4210, "4.2.1"),
        (11, "11"),
        (999, "999"),
    ],
)
def test_a_version_is_shown_as_people_know_it(system_version: int, text: str) -> None:
    assert version_text(system_version) == text


@pytest.mark.parametrize(
    ("platform_id", "name"),
    [
        (6, "Photon"),
        (32, "Photon 2 / P2"),
        (999, "platform 999"),
        (None, "not known yet"),
    ],
)
def test_a_platform_is_called_by_its_name(platform_id: int | None, name: str) -> None:
    assert platform_name(platform_id) == name
