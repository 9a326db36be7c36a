"""Requests for somebody else's device: list them, answer them (TRF)."""

from typing import Literal

from msgspec import Struct, field

from cyan.api.errors import Family
from cyan.api.routing import Routes
from cyan.api.wire.moments import moment
from cyan.interfaces import World
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode as Code
from cyan.services import transfers
from cyan.services.transfers import TransferView

routes = Routes()


class TransferAttributes(Struct, rename={"owner": "from", "requester": "to"}):
    """A transfer. The requester is not told whose the device is (CLM-10)."""

    id: str
    device_id: str
    device_name: str | None
    owner: str | None
    requester: str
    state: str
    requested_at: str | None
    expires_at: str | None
    answered_at: str | None


class TransferList(Struct):
    """The transfers to you and by you, newest first."""

    transfers: list[TransferAttributes]


class Answer(Struct):
    """`accept` and `refuse` are other words for `approve` and `deny`."""

    action: Literal["approve", "deny", "accept", "refuse"]


class Answered(Struct):
    """What became of the transfer."""

    id: str
    state: str
    ok: bool = field(default=True)


def _attributes(view: TransferView) -> TransferAttributes:
    transfer = view.transfer
    return TransferAttributes(
        id=transfer.id,
        device_id=transfer.device_id,
        device_name=view.device_name,
        owner=view.owner,
        requester=view.requester,
        state=transfer.state.value,
        requested_at=moment(transfer.requested_at),
        expires_at=moment(transfer.expires_at),
        answered_at=moment(transfer.answered_at),
    )


@routes("GET /v1/transfers", scope="transfers:answer", family=Family.LIST)
async def list_transfers(world: World, actor: Actor) -> TransferList:
    """List the requests for your devices, and your requests for others'."""
    views = await transfers.list_transfers(world, actor)
    return TransferList([_attributes(view) for view in views])


@routes(
    "PUT /v1/transfers/{transfer}",
    scope="transfers:answer",
    family=Family.LIST,
    refusals=(Code.TRANSFER_UNKNOWN, Code.TRANSFER_OVER, Code.DEVICE_LIMIT),
)
async def answer_transfer(
    world: World, actor: Actor, transfer: str, body: Answer
) -> Answered:
    """Approve or deny a request for your device."""
    approve = body.action in ("approve", "accept")
    view = await transfers.answer_transfer(world, actor, transfer, approve=approve)
    return Answered(view.transfer.id, view.transfer.state.value)
