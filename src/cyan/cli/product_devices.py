"""`cyan product device`: who is in a fleet, who waits, who leaves it."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from cyan.cli.asking import Ids, Json, Switch, ask, ask_product
from cyan.cli.imports import show_added
from cyan.cli.show import (
    say,
    show_attributes,
    show_explanation,
    show_json,
    show_table,
)
from cyan.client import ImportWish, ProductClient

SORTS = {
    "last-connection": "lastConnection",
    "id": "deviceId",
    "name": "deviceName",
    "firmware": "firmwareVersion",
}
Sort = Literal["last-connection", "id", "name", "firmware"]

device = App(name="device", help="The devices of a product.", help_format="plaintext")


@device.command(name="list")
def list_devices(
    product: str,
    *,
    quarantined: Annotated[bool | None, Parameter(negative="--members")] = None,
    name: str | None = None,
    groups: str | None = None,
    sort: Sort = "last-connection",
    ascending: Switch = False,
    page: int = 1,
    per_page: int = 25,
    json: Json = False,
) -> None:
    """List a product's devices, the last connected first, a page at a time.

    --quarantined keeps to those that wait or are denied, --members to the others;
    --name to a part of the name, --groups to groups with commas between them.

    Example: cyan product device list cold-chain --quarantined
    """
    query: dict[str, Any] = {
        "page": page,
        "perPage": per_page,
        "sortAttr": SORTS[sort],
        "sortDir": "asc" if ascending else "desc",
    }
    filters = {"quarantined": quarantined, "deviceName": name, "groups": groups}
    query |= {key: wish for key, wish in filters.items() if wish is not None}
    told = ask_product(product, lambda of: of.list_devices(query))
    if json:
        show_json(told)
        return
    for each in told["devices"]:
        each["standing"] = _standing(each)
    columns = {
        "name": "name",
        "id": "id",
        "online": "online",
        "owner": "owner",
        "standing": "standing",
        "groups": "groups",
    }
    show_table(told["devices"], columns, "There are no such devices.")
    meta = told["meta"]
    if meta["total_pages"] > 1:
        say(f"\nPage {meta['page']} of {meta['total_pages']}, {meta['total']} devices.")


def _standing(device: dict[str, Any]) -> str:
    if device["denied"]:
        return "denied"
    if device["quarantined"]:
        return f"waits: {device.get('quarantine_reason') or 'not approved yet'}"
    return "wrong platform" if device.get("wrong_platform") else "member"


@device.command
def info(product: str, device_id: str, *, json: Json = False) -> None:
    """Tell all about one device of a product, a quarantined one too.

    Example: cyan product device info cold-chain 0123456789abcdef01234567
    """
    found = ask_product(product, lambda of: of.device(device_id))
    if json:
        show_json(found)
    else:
        show_attributes(found)


@device.command
def add(
    product: str,
    ids: Ids,
    *,
    claim_user: str | None = None,
    dry_run: Switch = False,
    json: Json = False,
) -> None:
    """Add devices by Device ID, serial number, IMEI or ICCID; --dry-run only tells.

    --claim-user makes somebody of the team the owner of those that nobody owns. For
    many, see `cyan product device import`.

    Example: cyan product device add cold-chain 0123456789abcdef01234567
    """
    wish = ImportWish(claim_user, dry_run)
    show_added(ask_product(product, lambda of: of.add(ids, wish)), json)


@device.command
def approve(product: str, ids: Ids, *, json: Json = False) -> None:
    """Let quarantined or denied devices in; `list --quarantined` shows who waits.

    Example: cyan product device approve cold-chain 0123456789abcdef01234567
    """
    show_added(ask_product(product, lambda of: of.add(ids, ImportWish())), json)


@device.command
def deny(product: str, device_id: str) -> None:
    """Keep a quarantined device out, until it is approved or added.

    Example: cyan product device deny cold-chain 0123456789abcdef01234567
    """
    ask_product(product, lambda of: of.remove_device(device_id, deny=True))
    say(f"{device_id} is denied.")


@device.command
def remove(product: str, device_id: str, *, deny: Switch = False) -> None:
    """Remove a device from a product, or dismiss one that waits, for now.

    Its owner keeps it; `cyan product device retire` unclaims it too, in the safe
    order. `cyan product device explain PRODUCT ID --if-removed` tells beforehand
    what would come of a removal.

    Example: cyan product device remove cold-chain 0123456789abcdef01234567
    """

    async def go(of: ProductClient) -> tuple[str, bool]:
        before = await of.device(device_id)
        still_owned = await of.remove_device(device_id, deny=deny)
        return "denied" if deny else _what_became_of(before), still_owned

    became, still_owned = ask_product(product, go)
    say(f"{device_id} is {became}.")
    if still_owned:
        say(
            "Its owner keeps it, and only the owner can see and unclaim it (UNC-3).\n"
            "To do both next time, in the safe order: "
            f"cyan product device retire {product} {device_id}"
        )


def _what_became_of(before: Mapping[str, Any]) -> str:
    """What a device is after its removal, by how it stood before."""
    if before["denied"]:
        return "dismissed; when it comes back, it is denied still"
    if before["quarantined"]:
        return "dismissed, until its next hello"
    return "no longer in the product"


@device.command
def unclaim(product: str, device_id: str) -> None:
    """Unclaim a device of a product, whoever owns it; it stays in the product.

    Example: cyan product device unclaim cold-chain 0123456789abcdef01234567
    """
    ask_product(product, lambda of: of.unclaim(device_id))
    say(f"{device_id} has no owner.")


@device.command
def retire(product: str, device_id: str) -> None:
    """Unclaim a device and remove it from its product, in one act.

    Example: cyan product device retire cold-chain 0123456789abcdef01234567
    """
    ask_product(product, lambda of: of.retire(device_id))
    say(f"{device_id} has no owner and is no longer in the product.")


@device.command
def explain(
    product: str, device_id: str, *, if_removed: Switch = False, json: Json = False
) -> None:
    """Explain a device to the product's team; --if-removed, as it would be then.

    Example: cyan product device explain cold-chain 0123456789abcdef01234567
    """
    told = ask(lambda of: of.explain(device_id, product, removed=if_removed))
    if json:
        show_json(told)
    else:
        show_explanation(told, removed=if_removed)
