"""Which server the command talks to, and with whose token: a file of mode 0600."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

DEFAULT_URL = "http://127.0.0.1:8080"


class NotSignedIn(Exception):
    """There is no token to act with."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A server's URL and a token; `CYAN_URL` and `CYAN_TOKEN` win over the file."""

    url: str
    token: str | None


def profile_file() -> Path:
    """Where the profile is kept."""
    folder = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(folder) / "cyan" / "profile.json"


def load_profile() -> Profile:
    """The profile as it is now."""
    file = profile_file()
    kept = json.loads(file.read_text()) if file.exists() else {}
    return Profile(
        os.environ.get("CYAN_URL") or kept.get("url") or DEFAULT_URL,
        os.environ.get("CYAN_TOKEN") or kept.get("token"),
    )


def save_profile(profile: Profile) -> None:
    """Keep the profile, readable by its owner only."""
    file = profile_file()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        json.dump(asdict(profile), stream)
    draft.replace(file)
