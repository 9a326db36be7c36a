"""Notices: each kind names its template."""

from cyan.model.notices import NoticeKind


def test_every_kind_is_named_as_its_template() -> None:
    for kind in NoticeKind:
        assert kind.value == kind.name.lower()
