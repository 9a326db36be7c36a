"""Products, groups and organizations on the wire (REST contract §3.1, §3.4)."""

from msgspec import UNSET, Struct, UnsetType

from cyan.api.wire.moments import moment
from cyan.model.products import Claiming, Group, Organization, Plan
from cyan.services.products import ProductView


class LocationSetting(Struct):
    """Whether the product's devices tell where they are."""

    opt_in: bool


class KnownApplicationSetting(Struct):
    """Whether applications that everybody knows may be flashed."""

    opt_in: bool


class ProductSettings(Struct):
    """What the team decides: `quarantine` False is auto-approve (MEM-7)."""

    location: LocationSetting
    known_application: KnownApplicationSetting
    quarantine: bool
    claiming: Claiming


class ProductAttributes(Struct, kw_only=True):
    """A product; `user` or `org` is whose it is. The last members are Cyan's own."""

    id: int
    platform_id: int
    name: str
    slug: str
    description: str
    user: str | UnsetType = UNSET
    org: str | UnsetType = UNSET
    organization_id: str | UnsetType = UNSET
    groups: list[str]
    settings: ProductSettings
    device_protection: str
    plan: Plan
    device_limit: int
    device_count: int
    quarantined_count: int
    created_at: str | None


def product_of(view: ProductView) -> ProductAttributes:
    """What the team is told of a product."""
    product = view.product
    of_organization = product.organization_id is not None
    return ProductAttributes(
        id=product.id,
        platform_id=product.platform_id,
        name=product.name,
        slug=product.slug,
        description=product.description,
        user=UNSET if of_organization else view.payer,
        org=view.payer if of_organization else UNSET,
        organization_id=product.organization_id or UNSET,
        groups=[group.name for group in view.groups],
        settings=ProductSettings(
            LocationSetting(product.location_opt_in),
            KnownApplicationSetting(product.known_application_opt_in),
            product.quarantine,
            product.claiming,
        ),
        device_protection="active" if product.device_protection else "disabled",
        plan=product.plan,
        device_limit=product.device_limit,
        device_count=view.count.members,
        quarantined_count=view.count.quarantined,
        created_at=moment(product.created_at),
    )


class GroupAttributes(Struct):
    """A group of a product; `fw_version` is what was released to it."""

    name: str
    description: str
    color: str
    fw_version: int | None
    device_count: int | UnsetType = UNSET


def group_of(group: Group, devices: int | None = None) -> GroupAttributes:
    """What the team is told of a group."""
    return GroupAttributes(
        group.name,
        group.description,
        group.color,
        None,
        UNSET if devices is None else devices,
    )


class OrganizationAttributes(Struct):
    """An organization."""

    id: str
    slug: str
    name: str


def organization_of(organization: Organization) -> OrganizationAttributes:
    """What its team is told of an organization."""
    return OrganizationAttributes(organization.id, organization.slug, organization.name)
