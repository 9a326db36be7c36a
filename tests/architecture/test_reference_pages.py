"""docs/reference says what the code says; `make docs` writes it anew."""

import pytest
from tools.reference import FOLDER, pages

PAGES = pages()


@pytest.mark.parametrize("name", PAGES)
def test_a_reference_page_is_in_step(name: str) -> None:
    assert (FOLDER / name).read_text() == PAGES[name], "run `make docs` and look"


def test_no_reference_page_is_left_over() -> None:
    assert {page.name for page in FOLDER.iterdir()} == set(PAGES)
