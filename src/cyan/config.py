"""Settings: where they come from, what they mean, and what they default to.

Each setting has one line in `SETTINGS`. A value comes from the command line, else
from the environment (`CYAN_…`), else from the TOML file that `CYAN_CONFIG` or
``--config`` names, else it is the default. An unknown name in the file is refused,
so that a typing error does not pass in silence.
"""

import ipaddress
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from cyan.model.settings import FirstContact, SignUp


class SettingRefused(ValueError):
    """A setting's value cannot be used; the text says which, why and what can."""


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that the operator may decide; `SETTINGS` says what each means."""

    data_dir: Path
    host: str
    http_port: int
    device_tcp_port: int
    public_url: str
    public_device_host: str
    database_url: str
    signup: SignUp
    first_contact: FirstContact
    sandbox_devices: int
    rate_limits: float
    smtp_url: str
    mail_from: str
    tls_certificate: Path | None
    tls_key: Path | None
    trusted_proxies: tuple[str, ...]
    log_format: str
    log_level: str


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its name, how a text becomes its value, and what it is for."""

    name: str
    read: Callable[[str], Any]
    default: str
    meaning: str

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"CYAN_{self.name.upper()}"


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise ValueError("it is a whole number from 0 up")
    return int(text)


def _port(text: str) -> int:
    port = _count(text)
    if port > 65535:
        raise ValueError("a port is a number from 0 to 65535")
    return port


def _rate_limits(text: str) -> float:
    """How much laxer than documented the limits are: 1, or 0 for no limits."""
    if text in ("on", "off"):
        return 1.0 if text == "on" else 0.0
    factor = float(text)
    if not 0 < factor < float("inf"):
        raise ValueError("it is on, off or a factor above 0")
    return factor


def _path(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _optional_path(text: str) -> Path | None:
    return _path(text) if text else None


def _networks(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        ipaddress.ip_network(name)
    return names


def _one_of(*allowed: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"it is one of {', '.join(allowed)}")
        return text

    return read


def _database(text: str) -> str:
    if text and not text.startswith(("postgresql://", "postgres://", "sqlite:///")):
        raise ValueError("it begins with postgresql:// or sqlite:///")
    return text


SETTINGS = (
    Setting(
        "data_dir",
        _path,
        "var/data",
        "Folder of the database, the server's keys and, without SMTP, the mails.",
    ),
    Setting(
        "host",
        str,
        "127.0.0.1",
        "Address to listen on; 0.0.0.0 lets other machines and real devices in.",
    ),
    Setting("http_port", _port, "8080", "Port of the REST API; 0 takes any free one."),
    Setting(
        "device_tcp_port",
        _port,
        "5683",
        "Port of the device service over encrypted TCP; 0 takes any free one.",
    ),
    Setting(
        "public_url",
        str,
        "",
        "How people reach the server, such as https://cloud.example.org: links in "
        "mails begin with it. Empty: the address that it listens on.",
    ),
    Setting(
        "public_device_host",
        str,
        "",
        "Host name or address that `cyan server-key` writes into devices. Empty: "
        "that of the public URL.",
    ),
    Setting(
        "database_url",
        _database,
        "",
        "postgresql://user@host/name, or empty for SQLite in the data folder.",
    ),
    Setting(
        "signup",
        SignUp,
        SignUp.INVITE.value,
        "Who may make an account: invite (only who was invited), open, closed.",
    ),
    Setting(
        "first_contact",
        FirstContact,
        FirstContact.FIRST_USE.value,
        "What a device without a recorded key may do: first-use (its first key is "
        "recorded) or registered (it is turned away until a key was uploaded).",
    ),
    Setting(
        "sandbox_devices",
        _count,
        "100",
        "Devices that an account may own outside products (LIM-1); 0 for no limit.",
    ),
    Setting(
        "rate_limits",
        _rate_limits,
        "on",
        "on, off, or a factor by which all rate limits are laxer (2 allows twice).",
    ),
    Setting(
        "smtp_url",
        str,
        "",
        "smtp://user:password@host:587 (STARTTLS where offered) or smtps://…; empty: "
        "mails are written into the folder `mail` of the data folder.",
    ),
    Setting(
        "mail_from", str, "Cyan <cyan@localhost>", "The sender of the server's mails."
    ),
    Setting(
        "tls_certificate",
        _optional_path,
        "",
        "PEM file with the certificate chain; with tls_key, HTTP becomes HTTPS.",
    ),
    Setting("tls_key", _optional_path, "", "PEM file with the certificate's key."),
    Setting(
        "trusted_proxies",
        _networks,
        "",
        "Addresses or networks of proxies, separated by commas, whose "
        "X-Forwarded-For is believed.",
    ),
    Setting(
        "log_format",
        _one_of("text", "json"),
        "text",
        "text for people, json for programs.",
    ),
    Setting(
        "log_level",
        _one_of("debug", "info", "warning", "error"),
        "info",
        "The least important lines that are still logged.",
    ),
)
BY_NAME = {setting.name: setting for setting in SETTINGS}
assert set(BY_NAME) == {field.name for field in fields(Config)}


def load_config(
    given: Mapping[str, str] | None = None,
    *,
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Config:
    """Gather all settings; `given` (by name) wins over environment, file, default.

    Raises `SettingRefused`.
    """
    environment = os.environ if environment is None else environment
    named = environment.get("CYAN_CONFIG")
    texts = _read_file(file or (_path(named) if named else None))
    for setting in SETTINGS:
        if setting.variable in environment:
            texts[setting.name] = environment[setting.variable]
    texts |= dict(given or {})
    values = {
        setting.name: _value(setting, texts.get(setting.name, setting.default))
        for setting in SETTINGS
    }
    config = Config(**values)
    if (config.tls_certificate is None) != (config.tls_key is None):
        raise SettingRefused("tls_certificate and tls_key go together: set both.")
    return config


def _value(setting: Setting, text: str) -> Any:
    try:
        return setting.read(text)
    except ValueError as error:
        raise SettingRefused(
            f"{setting.name} ({setting.variable}) cannot be {text!r}: {error}. "
            f"{setting.meaning}"
        ) from None


def _read_file(file: Path | None) -> dict[str, str]:
    if file is None:
        return {}
    try:
        table = tomllib.loads(file.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingRefused(f"{file} cannot be read: {error}") from None
    unknown = sorted(set(table) - set(BY_NAME))
    if unknown:
        raise SettingRefused(
            f"{file} has unknown settings: {', '.join(unknown)}. "
            "`cyan settings` lists those that exist."
        )
    return {name: _text(value) for name, value in table.items()}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return ",".join(str(each) for each in value)
    return str(value)
