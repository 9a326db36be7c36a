"""A real browser for tests of pages: Debian's Chromium, or what CYAN_CHROMIUM names."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, sync_playwright

PHONE, DESKTOP = (390, 844), (1280, 800)
FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",
]
Open = Callable[[tuple[int, int]], Page]


def chromium() -> str | None:
    """The browser's program, None where there is none."""
    return os.environ.get("CYAN_CHROMIUM") or shutil.which("chromium")


@contextmanager
def a_browser() -> Iterator[Open]:
    """Opens pages of a size; everything they complain about fails the test."""
    complaints: list[str] = []
    with sync_playwright() as playwright:
        program = chromium()
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)

        def hear(text: str) -> None:
            if "responded with a status of 4" not in text:  # a refusal is a page too
                complaints.append(text)

        def open_page(size: tuple[int, int]) -> Page:
            width, height = size
            page = browser.new_page(viewport={"width": width, "height": height})
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda line: hear(line.text))
            return page

        yield open_page
        browser.close()
    assert complaints == []


@pytest.fixture
def browser() -> Iterator[Open]:
    if chromium() is None:
        pytest.skip("left out: no Chromium; CYAN_CHROMIUM may name one")
    with a_browser() as open_page:
        yield open_page
