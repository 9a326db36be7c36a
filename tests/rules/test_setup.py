"""Setting up: the page shows every light as the code has it (SET-1)."""

from tests.support.decision_tables import RULES, read_rows

from cyan.rules.setup import LIGHTS, Light, LightPattern, Rhythm


def seen(pattern: LightPattern) -> str:
    if pattern.rhythm is Rhythm.DARK:
        return pattern.rhythm
    return f"{pattern.rhythm} {pattern.colour}"


def test_the_page_shows_every_light() -> None:
    rows = [
        [seen(pattern), pattern.meaning, pattern.next_step]
        for pattern in LIGHTS.values()
    ]
    _, *on_page = read_rows((RULES / "setup.md").read_text().splitlines())
    assert on_page == rows


def test_every_light_looks_different() -> None:
    assert set(LIGHTS) == set(Light)
    assert len({seen(pattern) for pattern in LIGHTS.values()}) == len(Light)


def test_the_lights_are_those_of_the_founding_document() -> None:
    assert seen(LIGHTS[Light.LISTENING]) == "blinking dark blue"
    assert seen(LIGHTS[Light.DFU]) == "blinking yellow"
    assert seen(LIGHTS[Light.NETWORK]) == "blinking green"
    assert seen(LIGHTS[Light.ONLINE]) == "breathing cyan"
    assert seen(LIGHTS[Light.SAFE_MODE]) == "breathing magenta"
