"""The platforms that exist, as data.

Source: @particle/device-constants 4.2.1, as listed in the client notes §A9. One
platform id is one family of binaries (MEM-2).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Platform:
    """One kind of hardware. `product_eligible`: products of it may exist."""

    id: int
    name: str
    display_name: str
    cellular: bool
    product_eligible: bool


def _platform(
    number: int, name: str, display_name: str, *, cellular: bool, product: bool
) -> Platform:
    return Platform(number, name, display_name, cellular, product)


PLATFORMS = {
    platform.id: platform
    for platform in (
        _platform(0, "core", "Core", cellular=False, product=False),
        _platform(3, "gcc", "GCC", cellular=False, product=False),
        _platform(6, "photon", "Photon", cellular=False, product=True),
        _platform(8, "p1", "P1", cellular=False, product=True),
        _platform(10, "electron", "Electron", cellular=True, product=True),
        _platform(11, "esp32", "ESP32", cellular=False, product=False),
        _platform(12, "argon", "Argon", cellular=False, product=True),
        _platform(13, "boron", "Boron", cellular=True, product=True),
        _platform(14, "xenon", "Xenon", cellular=False, product=False),
        _platform(15, "esomx", "E-SoM-X", cellular=True, product=True),
        _platform(22, "asom", "A-SoM", cellular=False, product=False),
        _platform(23, "bsom", "B-SoM", cellular=True, product=True),
        _platform(24, "xsom", "X-SoM", cellular=False, product=False),
        _platform(25, "b5som", "B5-SoM", cellular=True, product=True),
        _platform(
            26, "tracker", "Asset Tracker / Monitor One", cellular=True, product=True
        ),
        _platform(28, "trackerm", "Tracker-M", cellular=True, product=True),
        _platform(31, "raspi", "Raspberry Pi", cellular=False, product=False),
        _platform(32, "p2", "Photon 2 / P2", cellular=False, product=True),
        _platform(35, "msom", "M-SoM", cellular=True, product=True),
        _platform(37, "electron2", "Electron 2", cellular=True, product=True),
        _platform(38, "sulu", "Sulu", cellular=True, product=True),
        _platform(42, "tachyon", "Tachyon", cellular=True, product=True),
        _platform(43, "linux", "Linux", cellular=False, product=True),
        _platform(82, "oak", "Oak", cellular=False, product=False),
        _platform(88, "duo", "Duo", cellular=False, product=False),
        _platform(103, "bluz", "Bluz", cellular=False, product=False),
    )
}


def is_cellular(platform_id: int | None) -> bool:
    """Whether devices of this platform have a modem; an unknown one has not."""
    platform = PLATFORMS.get(platform_id) if platform_id is not None else None
    return platform is not None and platform.cellular


def platform_name(platform_id: int | None) -> str:
    """What people call a platform; an unknown one is called by its number."""
    if platform_id is None:
        return "not known yet"
    platform = PLATFORMS.get(platform_id)
    return platform.display_name if platform else f"platform {platform_id}"


def version_text(system_version: int) -> str:
    """Show a system module's version as people know it: 6200 is 6.2.0.

    From 1.0 on, a version is thousands, hundreds and the rest (1512 is
    1.5.1-rc.2: the last two digits are patch and release candidate); older
    modules merely counted, and are shown as that count.
    """
    if system_version < 1000:
        return str(system_version)
    major, rest = divmod(system_version, 1000)
    minor, rest = divmod(rest, 100)
    patch, candidate = divmod(rest, 10)
    suffix = f"-rc.{candidate}" if candidate else ""
    return f"{major}.{minor}.{patch}{suffix}"
