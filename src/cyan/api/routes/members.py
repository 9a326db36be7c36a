"""The devices of a product: list, get, change, remove, call (contract §2, §3.2)."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType, field
from starlette.responses import Response

from cyan.api.errors import Family
from cyan.api.routes.calls import Argument, Format, call, read
from cyan.api.routes.devices import Changes, PingReply, carry_out, wishes_in
from cyan.api.routing import Routes
from cyan.api.wire.devices import (
    MemberDetail,
    MemberSummary,
    member_detail_of,
    member_of,
)
from cyan.api.wire.replies import Okay
from cyan.interfaces import Listing, SortKey, World
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode as Code
from cyan.model.decisions import refused
from cyan.rules.departures import Remove
from cyan.services import claims, devices, groups, members
from cyan.services.calls import Target
from cyan.services.changes import MarkDevelopment, SetGroups
from cyan.services.members import DEFAULT_PAGE
from cyan.services.quarantine import SetStanding

routes = Routes()

Part = Annotated[str, Meta(max_length=200)]
SEEN = (Code.PRODUCT_UNKNOWN, Code.NOT_IN_PRODUCT)
MANAGED = (*SEEN, Code.ROLE_MISSING, Code.DEVICE_QUARANTINED)
REACHED = (*MANAGED, Code.WRONG_PLATFORM, Code.DEVICE_OFFLINE, Code.DEVICE_SILENT)
STILL_OWNED = "Cyan-Still-Owned"


class ListQuery(Struct, kw_only=True):
    """Filters are parts, in either case; `groups` whole names with commas between."""

    deviceId: Part | None = None  # noqa: N815 - a wire field
    deviceName: Part | None = None  # noqa: N815 - a wire field
    serialNumber: Part | None = None  # noqa: N815 - a wire field
    groups: str | None = None
    sortAttr: SortKey = SortKey.LAST_CONNECTION  # noqa: N815 - a wire field
    sortDir: str = ""  # noqa: N815 - a wire field
    quarantined: bool | None = None
    page: Annotated[int, Meta(le=1 << 31)] = 1
    perPage: int | None = None  # noqa: N815 - a wire field
    per_page: int | None = None


class Owner(Struct):
    """A customer who owns devices of the page; there are none yet."""

    id: str
    username: str


class PageMeta(Struct):
    """Where the page is in the whole list."""

    total_pages: int
    page: int
    per_page: int
    total: int


class MemberList(Struct):
    """One page of a product's devices."""

    devices: list[MemberSummary]
    customers: list[Owner]
    meta: PageMeta


class MemberChanges(Changes):
    """What may be changed of a product's device; groups are absolute.

    `quarantined` false approves a device that waits, `denied` true keeps it out.
    """

    development: bool | UnsetType = UNSET
    groups: list[Part] | UnsetType = UNSET
    quarantined: bool | None = None
    denied: bool | None = None


class Departure(Struct):
    """`deny` keeps a quarantined device out for good (MEM-9)."""

    deny: bool | None = None


class GroupMoves(Struct):
    """The groups that devices enter and leave."""

    add: list[str] = field(default_factory=list)
    remove: list[str] = field(default_factory=list)


class ManyChanges(Struct):
    """A change of many devices at once; `groups` is the one action."""

    action: str = ""
    devices: list[str] = field(default_factory=list)
    metadata: GroupMoves = field(default_factory=GroupMoves)


@routes(
    "GET /v1/products/{product}/devices",
    scope="devices:list",
    family=Family.SINGLE,
    refusals=(Code.PRODUCT_UNKNOWN, Code.REQUEST_INCOMPLETE),
)
async def list_members(
    world: World, actor: Actor, product: str, query: ListQuery
) -> MemberList:
    """List a product's devices, quarantined ones among them, a page at a time."""
    named = dict.fromkeys(name.strip() for name in (query.groups or "").split(","))
    listing = Listing(
        product_id=0,
        sort=query.sortAttr,
        ascending=_is_ascending(query.sortDir),
        device_id=query.deviceId or None,
        name=query.deviceName or None,
        serial_number=query.serialNumber or None,
        groups=tuple(filter(None, named)),
        quarantined=query.quarantined,
    )
    wanted = query.perPage if query.per_page is None else query.per_page
    per_page = DEFAULT_PAGE if wanted is None else wanted
    found = await members.list_members(
        world, actor, product, listing, page=query.page, per_page=per_page
    )
    meta = PageMeta(found.total_pages, found.page, found.per_page, found.total)
    return MemberList([member_of(each) for each in found.members], [], meta)


def _is_ascending(direction: str) -> bool:
    if direction.lower() not in ("", "asc", "desc"):
        raise refused(
            Code.INVALID_BODY, "sortDir is asc or desc.", remedy="Correct sortDir."
        )
    return direction.lower() == "asc"


@routes(
    "PUT /v1/products/{product}/devices",
    scope="devices:update",
    family=Family.SINGLE,
    refusals=(*MANAGED, Code.GROUP_UNUSABLE, Code.REQUEST_INCOMPLETE),
)
async def change_members(
    world: World, actor: Actor, product: str, body: ManyChanges
) -> Okay:
    """Put many devices into groups, or take them out."""
    moves = body.metadata
    if body.action != "groups" or not body.devices or not (moves.add or moves.remove):
        raise refused(
            Code.REQUEST_INCOMPLETE,
            "There is nothing to change.",
            remedy='Send {"action": "groups", "devices": […], '
            '"metadata": {"add": […], "remove": […]}}.',
        )
    await groups.edit_groups(
        world, actor, product, body.devices, add=moves.add, remove=moves.remove
    )
    return Okay()


@routes(
    "GET /v1/products/{product}/devices/{device}",
    scope="devices:get",
    family=Family.SINGLE,
    refusals=SEEN,
)
async def get_member(
    world: World, actor: Actor, product: str, device: str
) -> MemberDetail:
    """Get one device of a product, a quarantined one too."""
    return member_detail_of(await members.get_member(world, actor, product, device))


@routes(
    "PUT /v1/products/{product}/devices/{device}",
    scope="devices:update",
    family=Family.SINGLE,
    refusals=(
        *REACHED,
        Code.NAME_TAKEN,
        Code.NAME_UNUSABLE,
        Code.NOTES_UNUSABLE,
        Code.GROUP_UNUSABLE,
        Code.DEVICE_IS_MEMBER,
        Code.DEVICE_PROTECTED,
        Code.DEVICE_LIMIT,
        Code.NOTHING_TO_DO,
    ),
)
async def change_member(
    world: World, actor: Actor, product: str, device: str, body: MemberChanges
) -> dict[str, Any]:
    """Rename, note, mark, group, approve, deny a product's device, or let it signal."""
    wanted = wishes_in(body)
    if (body.quarantined, body.denied) != (None, None):
        wanted.append(SetStanding(body.quarantined, body.denied))
    if body.development is not UNSET:
        wanted.append(MarkDevelopment(body.development))
    if body.groups is not UNSET:
        wanted.append(SetGroups(tuple(body.groups)))
    return await carry_out(world, actor, device, body, wanted, product)


@routes(
    "DELETE /v1/products/{product}/devices/{device}",
    scope="devices:remove",
    family=Family.SINGLE,
    refusals=(*MANAGED, Code.DEVICE_IS_MEMBER),
    status=204,
)
async def remove_member(
    world: World, actor: Actor, product: str, device: str, body: Departure
) -> Response:
    """Remove a device from a product; dismiss or deny a quarantined one."""
    deny_it = bool(body.deny)
    done = await members.remove_member(world, actor, product, device, deny_it=deny_it)
    told = (
        {STILL_OWNED: "true"} if isinstance(done, Remove) and done.still_owned else {}
    )
    return Response(status_code=204, headers=told)


@routes(
    "DELETE /v1/products/{product}/devices/{device}/owner",
    scope="devices:release",
    family=Family.SINGLE,
    refusals=MANAGED,
)
async def unclaim_member(world: World, actor: Actor, product: str, device: str) -> Okay:
    """Unclaim a product's device, whoever owns it; it stays a member."""
    await claims.unclaim_device(world, actor, device, product)
    return Okay()


@routes(
    "POST /v1/products/{product}/devices/{device}/retire",
    scope="devices:remove",
    family=Family.SINGLE,
    refusals=MANAGED,
)
async def retire_member(world: World, actor: Actor, product: str, device: str) -> Okay:
    """Unclaim a product's device and remove it, in one act."""
    await members.retire_member(world, actor, product, device)
    return Okay()


@routes(
    "PUT /v1/products/{product}/devices/{device}/ping",
    scope="devices:ping",
    family=Family.SINGLE,
    refusals=MANAGED,
)
async def ping_member(
    world: World, actor: Actor, product: str, device: str
) -> PingReply:
    """Ask whether a product's device is there."""
    return PingReply(await devices.ping_device(world, actor, device, product))


@routes(
    "GET /v1/products/{product}/devices/{device}/{variable}",
    scope="devices.variable:get",
    family=Family.SINGLE,
    refusals=(*REACHED, Code.VARIABLE_UNKNOWN, Code.DEVICE_DECLINED),
)
async def read_members_variable(
    world: World,
    actor: Actor,
    product: str,
    device: str,
    variable: str,
    query: Format,
) -> dict[str, Any] | Response:
    """Read a variable of a product's device."""
    return await read(world, actor, Target(device, variable, product), query)


@routes(
    "POST /v1/products/{product}/devices/{device}/{function}",
    scope="devices.function:call",
    family=Family.SINGLE,
    refusals=(
        *REACHED,
        Code.FUNCTION_UNKNOWN,
        Code.ARGUMENT_TOO_LONG,
        Code.DEVICE_DECLINED,
    ),
)
async def call_members_function(
    world: World,
    actor: Actor,
    product: str,
    device: str,
    function: str,
    body: Argument,
    query: Format,
) -> dict[str, Any] | Response:
    """Call a function of a product's device."""
    return await call(world, actor, Target(device, function, product), body, query)
