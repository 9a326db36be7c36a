"""`cyan group`: groups of a product's devices."""

from typing import Any

from cyclopts import App

from cyan.cli.asking import Ids, Json, ask_product
from cyan.cli.show import say, show_json, show_table

group = App(
    name="group", help="Groups of a product's devices.", help_format="plaintext"
)


@group.command(name="list")
def list_groups(product: str, *, json: Json = False) -> None:
    """List a product's groups.

    Example: cyan group list cold-chain
    """
    found = ask_product(product, lambda of: of.list_groups())
    if json:
        show_json(found)
        return
    columns = {"name": "name", "color": "color", "description": "description"}
    empty = "There are no groups; `cyan group create PRODUCT NAME` makes one."
    show_table(found, {**columns, "firmware": "fw_version"}, empty)


@group.command
def create(
    product: str,
    name: str,
    *,
    color: str | None = None,
    description: str | None = None,
    json: Json = False,
) -> None:
    """Make a group; names are lower case.

    Example: cyan group create cold-chain trial --color "#00aeef"
    """
    wish = _given(name=name, color=color, description=description)
    made = ask_product(product, lambda of: of.create_group(wish))
    if json:
        show_json(made)
    else:
        say(f"There is a group {made['name']}.")


@group.command
def change(
    product: str,
    group: str,
    *,
    name: str | None = None,
    color: str | None = None,
    description: str | None = None,
    json: Json = False,
) -> None:
    """Rename, colour or describe a group; what is left out stays.

    Example: cyan group change cold-chain trial --name pilots
    """
    changes = _given(name=name, color=color, description=description)
    changed = ask_product(product, lambda of: of.change_group(group, changes))
    if json:
        show_json(changed)
    else:
        say(f"Group {changed['name']} is changed.")


def _given(**wishes: str | None) -> dict[str, Any]:
    return {name: wish for name, wish in wishes.items() if wish is not None}


@group.command
def remove(product: str, group: str) -> None:
    """Remove a group; its devices stay in the product.

    Example: cyan group remove cold-chain trial
    """
    ask_product(product, lambda of: of.remove_group(group))
    say(f"Group {group} is removed.")


@group.command
def add(product: str, group: str, ids: Ids) -> None:
    """Put devices into a group, which is made if there is none.

    Example: cyan group add cold-chain trial 0123456789abcdef01234567
    """
    ask_product(product, lambda of: of.move_devices(ids, add=[group]))
    say(f"{len(ids)} in group {group}.")


@group.command
def take(product: str, group: str, ids: Ids) -> None:
    """Take devices out of a group; they stay in the product.

    Example: cyan group take cold-chain trial 0123456789abcdef01234567
    """
    ask_product(product, lambda of: of.move_devices(ids, remove=[group]))
    say(f"{len(ids)} no longer in group {group}.")


def register(app: App) -> None:
    """Add these commands to the command line."""
    app.command(group)
