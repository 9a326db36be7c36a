"""The words of our mails."""

import pytest

from cyan.integrations.letters import write_letter
from cyan.model.notices import NoticeKind

SERVER = "https://cloud.example.org"
LINK = f"{SERVER}/somewhere?ticket=abc.def"
DEVICE = "0123456789abcdef01234567"

BODIES = {
    NoticeKind.ACCOUNT_INVITED: {
        "inviter": "operator@example.com",
        "link": LINK,
        "expires_at": "2026-12-01T09:05:00+00:00",
    },
    NoticeKind.PASSWORD_RESET_REQUESTED: {
        "link": LINK,
        "expires_at": "2026-11-24T13:00:00+00:00",
    },
    NoticeKind.TRANSFER_REQUESTED: {
        "device_id": DEVICE,
        "device_name": "porch",
        "requester": "bob@example.com",
        "link": LINK,
        "expires_at": "2026-12-01T12:00:00+00:00",
    },
    NoticeKind.TRANSFER_ENDED: {"device_id": DEVICE},
    NoticeKind.TEAM_INVITED: {
        "inviter": "ann@example.com",
        "team": "Pumps",
        "role": "Developer",
        "link": LINK,
        "expires_at": "2026-12-01T12:00:00+00:00",
    },
    NoticeKind.DEVICE_UNCLAIMED_BY_OPERATOR: {
        "device_id": DEVICE,
        "device_name": "porch",
    },
}
OUTCOMES = (
    NoticeKind.TRANSFER_APPROVED,
    NoticeKind.TRANSFER_DENIED,
    NoticeKind.TRANSFER_EXPIRED,
)


def test_every_kind_of_notice_is_covered_here() -> None:
    assert {*BODIES, *OUTCOMES} == set(NoticeKind)


@pytest.mark.parametrize("kind", BODIES)
def test_a_letter_has_one_line_of_subject_and_its_link(kind: NoticeKind) -> None:
    body = BODIES[kind]
    letter = write_letter(kind, body, SERVER)
    assert letter.subject
    assert "\n" not in letter.subject
    assert letter.text.startswith("Hello,\n\n")
    assert letter.text.endswith("\n")
    assert ("link" in body) == (f"\n{LINK}\n" in letter.text)
    assert SERVER in letter.text


@pytest.mark.parametrize("kind", OUTCOMES)
@pytest.mark.parametrize("side", ["owner", "requester"])
@pytest.mark.parametrize("requester", ["bob@example.com", None])
def test_each_side_reads_its_own_words(kind, side, requester) -> None:
    body = {
        "device_id": DEVICE,
        "device_name": "porch" if side == "owner" else None,
        "requester": requester,
        "side": side,
    }
    letter = write_letter(kind, body, SERVER)
    assert letter.subject
    assert DEVICE in letter.text
    assert "None" not in letter.subject + letter.text
    if side == "requester":
        assert "porch" not in letter.text


def test_the_moment_of_expiry_is_written_for_people() -> None:
    kind = NoticeKind.ACCOUNT_INVITED
    letter = write_letter(kind, BODIES[kind], SERVER)
    assert "until 1 December 2026, 09:05 UTC" in letter.text


def test_a_device_without_a_name_is_called_by_its_id() -> None:
    kind = NoticeKind.TRANSFER_REQUESTED
    letter = write_letter(kind, {**BODIES[kind], "device_name": None}, SERVER)
    assert letter.subject == f"bob@example.com asks for your device {DEVICE}"
    assert "(without a name)" in letter.text
