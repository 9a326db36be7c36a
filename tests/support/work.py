"""What an attempt costs: the statements that are run, the hashes that are computed."""

from collections.abc import Awaitable

import pytest

from cyan.model.decisions import Refuse, Refused

Work = list[str]


async def trace(work: Work, attempt: Awaitable[object]) -> tuple[Refuse, Work]:
    """The refusal of an attempt, and what it took."""
    work.clear()
    with pytest.raises(Refused) as no:
        await attempt
    return no.value.refusal, list(work)
