"""`cyan product`: fleets, what they are set to, and what is in them."""

from typing import Annotated, Any

from cyclopts import App, Parameter

from cyan.cli import imports, product_devices, programs, teams
from cyan.cli.asking import Json, Organization, ask, ask_product
from cyan.cli.show import say, show_attributes, show_json, show_table
from cyan.model.platforms import PLATFORMS, platform_name
from cyan.model.products import Claiming, Plan

OnOff = bool | None
Text = str | None

product = App(
    name="product",
    help="Products: fleets of devices with a team.",
    help_format="plaintext",
)


@product.command
def create(
    name: str,
    *,
    platform: str,
    org: Organization = None,
    id: int | None = None,
    description: str = "",
    json: Json = False,
) -> None:
    """Make a product, of yours or of an organization; one platform, for good.

    Example: cyan product create "Cold chain" --platform boron
    """
    wish: dict[str, Any] = {
        "name": name,
        "platform_id": find_platform(platform),
        "description": description,
    }
    if id is not None:
        wish["id"] = id
    made = ask(lambda client: client.create_product(wish, org))
    if json:
        show_json(made)
    else:
        say(f"{made['name']} is product {made['id']} ({made['slug']}).")


def find_platform(text: str) -> int:
    """The id of a platform by its id or name; `ValueError` with those there are."""
    wanted = text.casefold()
    eligible = [each for each in PLATFORMS.values() if each.product_eligible]
    for each in eligible:
        if wanted in (str(each.id), each.name, each.display_name.casefold()):
            return each.id
    known = ", ".join(f"{each.name} ({each.id})" for each in eligible)
    raise ValueError(f"Products are of one of these platforms: {known}.")


@product.command(name="list")
def list_products(*, org: Organization = None, json: Json = False) -> None:
    """List the products in whose team you are, or those of an organization.

    Example: cyan product list --json
    """
    found = ask(lambda client: client.list_products(org))
    if json:
        show_json(found)
        return
    for each in found:
        each["platform"] = platform_name(each["platform_id"])
        each["payer"] = each.get("org") or each.get("user")
    columns = {
        "id": "id",
        "name": "name",
        "slug": "slug",
        "platform": "platform",
        "devices": "device_count",
        "waiting": "quarantined_count",
        "belongs to": "payer",
    }
    empty = "There are no products; `cyan product create NAME --platform P` makes one."
    show_table(found, columns, empty)


@product.command
def info(product: str, *, json: Json = False) -> None:
    """Tell all about a product, by its id or slug.

    Example: cyan product info cold-chain
    """
    _show(ask_product(product, lambda of: of.info()), json)


def _show(told: dict[str, Any], json: bool) -> None:
    """A product, its settings among the rest."""
    if json:
        show_json(told)
        return
    settings = told["settings"]
    shown = {name: value for name, value in told.items() if name != "settings"}
    shown["platform_id"] = (
        f"{told['platform_id']} ({platform_name(shown['platform_id'])})"
    )
    shown["device_limit"] = told["device_limit"] or "none"
    shown |= {
        "unknown devices": "quarantine" if settings["quarantine"] else "auto-approve",
        "claiming": settings["claiming"],
        "location": settings["location"]["opt_in"],
        "known application": settings["known_application"]["opt_in"],
    }
    show_attributes(shown)


@product.command
def settings(
    product: str,
    *,
    name: Text = None,
    description: Text = None,
    quarantine: Annotated[bool | None, Parameter(negative="--auto-approve")] = None,
    claiming: Claiming | None = None,
    location: OnOff = None,
    known_application: OnOff = None,
    device_protection: OnOff = None,
    plan: Plan | None = None,
    device_limit: int | None = None,
    json: Json = False,
) -> None:
    """Show what a product is set to, or change it: what is left out stays.

    --quarantine lets unknown devices with the product's firmware wait for
    approval, --auto-approve lets them join (Device OS 3.x and earlier). --claiming
    says who may claim members that nobody owns. The operator alone sets --plan and
    --device-limit (0 is none).

    Example: cyan product settings cold-chain --auto-approve
    """
    switches = {"location": location, "known_application": known_application}
    inner = {
        "quarantine": quarantine,
        "claiming": claiming,
        **{key: _opt_in(wanted) for key, wanted in switches.items()},
    }
    outer = {
        "name": name,
        "description": description,
        "device_protection": device_protection,
        "plan": plan,
        "device_limit": device_limit,
        "settings": _given(inner) or None,
    }
    changes = _given(outer)
    _show(
        ask_product(product, lambda of: of.change(changes) if changes else of.info()),
        json,
    )


def _opt_in(wanted: bool | None) -> dict[str, bool] | None:
    return None if wanted is None else {"opt_in": wanted}


def _given(wishes: dict[str, Any]) -> dict[str, Any]:
    return {name: wish for name, wish in wishes.items() if wish is not None}


@product.command
def remove(product: str) -> None:
    """Delete a product that has no devices; its id is never used again.

    Example: cyan product remove cold-chain
    """
    ask_product(product, lambda of: of.remove())
    say(f"{product} is deleted.")


def register(app: App) -> None:
    """Add these commands to the command line."""
    product_devices.device.command(imports.import_devices, name="import")
    product.command(product_devices.device)
    product.command(imports.imports)
    product.command(teams.team)
    product.command(programs.api_user)
    product.command(programs.client)
    app.command(product)
