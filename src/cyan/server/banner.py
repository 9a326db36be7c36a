"""What a person reads when the server has started, and what a script reads."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from cyan.config import Config


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the server listens; `server_key` is its public key's file."""

    http_url: str
    device_tcp: str
    server_key: Path


def banner(config: Config, where: Addresses, set_up_link: str | None) -> str:
    """The lines at start; the last one begins with "Ready"."""
    lines = [
        "Cyan is a device cloud; devices that are connected breathe cyan.",
        "",
        f"  REST API         {where.http_url}   (/openapi.json tells what there is)",
        f"  Devices (TCP)    {where.device_tcp}",
        f"  Data             {config.data_dir}",
    ]
    if not config.smtp_url:
        lines.append(
            f"  Mails            {config.data_dir / 'mail'}   (no SMTP is set)"
        )
    if set_up_link is not None:
        lines += [
            "",
            "Nobody has an account yet. Whoever opens this link makes the first one,",
            "which runs this server; it works once:",
            f"  {set_up_link}",
        ]
    lines += [
        "",
        "To use the official command line with this server:",
        f"  particle profile cyan apiUrl {where.http_url}",
        "  particle profile cyan",
        "  particle login",
        "",
        "Ready. Ctrl-C stops the server.",
    ]
    return "\n".join(lines)


def write_ready_file(file: Path, where: Addresses) -> None:
    """Tell a script that all listeners accept, in one step, as JSON."""
    ready = {
        "pid": os.getpid(),
        "http_url": where.http_url,
        "device_tcp": where.device_tcp,
        "server_key_pem": str(where.server_key),
    }
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    draft.write_text(json.dumps(ready) + "\n")
    draft.replace(file)
