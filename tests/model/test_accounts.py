"""Accounts: who asks has no powers unless they are given."""

from cyan.model.accounts import Actor, ClientKind, Door


def test_an_actor_is_no_operator_and_comes_by_the_api_unless_told_otherwise() -> None:
    actor = Actor("0123456789abcdef01234567", "ada@example.com")
    assert not actor.operator
    assert actor.door is Door.API
    assert actor.token_hash is None


def test_client_kinds_are_the_words_of_the_contract() -> None:
    assert list(ClientKind) == ["installed", "web"]
