"""Features: they go by owner and standing of a device, and by nothing else."""

import dataclasses

from tests.support.devices import a_device

from cyan.model.devices import Standing
from cyan.rules.features import FeatureFacts


def test_the_facts_are_those_of_the_device() -> None:
    assert FeatureFacts.of(a_device()) == FeatureFacts(owned=False)
    member = a_device(owner_id="ada", standing=Standing.MEMBER)
    assert FeatureFacts.of(member) == FeatureFacts(True, Standing.MEMBER)


def test_features_do_not_look_at_the_connection() -> None:
    facts = {field.name for field in dataclasses.fields(FeatureFacts)}  # CLM-7
    assert facts == {"owned", "standing"}
