"""Settings: from the command line, the environment, a file, or the default."""

import re
from pathlib import Path

import pytest

from cyan.config import SETTINGS, SettingRefused, load_config
from cyan.model.settings import SignUp


def test_without_any_the_server_is_for_this_machine_only() -> None:
    config = load_config(environment={})
    assert config.host == "127.0.0.1"
    assert (config.http_port, config.device_tcp_port) == (8080, 5683)
    assert config.signup is SignUp.INVITE
    assert (config.sandbox_devices, config.rate_limits) == (100, 1.0)
    assert config.data_dir.is_absolute()


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(
    tmp_path: Path,
) -> None:
    file = tmp_path / "cyan.toml"
    file.write_text('host = "::1"\nhttp_port = 1\nsignup = "open"\n')
    environment = {
        "CYAN_CONFIG": str(file),
        "CYAN_HTTP_PORT": "2",
        "CYAN_SIGNUP": "closed",
    }
    config = load_config({"signup": "invite"}, environment=environment)
    assert (config.host, config.http_port) == ("::1", 2)
    assert config.signup is SignUp.INVITE
    assert load_config(file=file, environment={}).http_port == 1


def test_a_file_has_values_of_its_own_kinds(tmp_path: Path) -> None:
    file = tmp_path / "cyan.toml"
    file.write_text(
        "rate_limits = false\nsandbox_devices = 0\n"
        'trusted_proxies = ["10.0.0.0/8", "::1"]\n'
    )
    config = load_config(file=file, environment={})
    assert (config.rate_limits, config.sandbox_devices) == (0.0, 0)
    assert config.trusted_proxies == ("10.0.0.0/8", "::1")


@pytest.mark.parametrize(("text", "factor"), [("on", 1.0), ("off", 0.0), ("2.5", 2.5)])
def test_rate_limits_are_on_off_or_laxer(text: str, factor: float) -> None:
    config = load_config({"rate_limits": text}, environment={})
    assert config.rate_limits == factor


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("http_port", "many"),
        ("http_port", "65536"),
        ("http_port", "-1"),
        ("sandbox_devices", "1.5"),
        ("rate_limits", "0"),
        ("rate_limits", "inf"),
        ("rate_limits", "some"),
        ("signup", "everybody"),
        ("first_contact", "never"),
        ("database_url", "mysql://x"),
        ("trusted_proxies", "10.0.0.0/33"),
        ("log_level", "loud"),
        ("log_format", "xml"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(SettingRefused) as no:
        load_config({name: text}, environment={})
    assert f"CYAN_{name.upper()}" in str(no.value)
    assert repr(text) in str(no.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"htp_port = 1", "unknown settings: htp_port"),
        (b"no toml at all", "cannot be read"),
        (b"\xff", "cannot be read"),
    ],
)
def test_a_file_that_says_nothing_of_use_is_refused(
    tmp_path: Path, content: bytes, words: str
) -> None:
    file = tmp_path / "cyan.toml"
    file.write_bytes(content)
    with pytest.raises(SettingRefused, match=words):
        load_config(file=file, environment={})
    with pytest.raises(SettingRefused, match="cannot be read"):
        load_config(file=tmp_path / "none.toml", environment={})


def test_a_certificate_needs_its_key() -> None:
    with pytest.raises(SettingRefused, match="go together"):
        load_config({"tls_certificate": "c.pem"}, environment={})


def test_each_setting_says_what_it_is_for() -> None:
    for setting in SETTINGS:
        assert re.fullmatch(r"[A-Za-z].{20,}", setting.meaning, re.DOTALL)
