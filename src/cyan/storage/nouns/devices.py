"""Devices and who owns them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from cyan.interfaces import SessionStart
from cyan.model.devices import Description, Device
from cyan.model.identifiers import DeviceID
from cyan.rules.naming import name_key
from cyan.storage.columns import EPOCH, MICROSECOND
from cyan.storage.statements import Runner, Statement, choose, first, values_of
from cyan.storage.tables import devices

_SESSION = (
    "platform_id",
    "firmware_product_id",
    "firmware_version",
    "system_version",
)
_DESCRIBED = ("functions", "variables", "imei", "iccid", "app_hash", "protected")


def _set(*names: str) -> Statement[None]:
    """Update some columns of one device."""
    changed: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    where = devices.c.id == bindparam("device_id")
    return Statement(update(devices).where(where).values(changed), None)


FIND_DEVICE = Statement[Device](
    choose(devices, Device).where(devices.c.id == bindparam("id")), Device
)
FIND_NAMED = Statement[Device](
    choose(devices, Device)
    .where(devices.c.owner_id == bindparam("owner_id"))
    .where(devices.c.name_key == bindparam("key")),
    Device,
)
FIND_BY_SERIAL = Statement[Device](
    choose(devices, Device).where(devices.c.serial_number == bindparam("serial")),
    Device,
)
LIST_OWNED = Statement[Device](
    choose(devices, Device)
    .where(devices.c.owner_id == bindparam("owner_id"))
    .order_by(devices.c.last_handshake_at.desc().nulls_last(), devices.c.id),
    Device,
)
COUNT_OWNED = Statement[int](
    select(func.count())
    .select_from(devices)
    .where(devices.c.owner_id == bindparam("owner_id")),
    int,
)
COUNT_OWNED_UP_TO = Statement[int](
    select(func.count()).select_from(
        select(devices.c.id)
        .where(devices.c.owner_id == bindparam("owner_id"))
        .limit(bindparam("up_to"))
        .subquery()
    ),
    int,
)
NAMES_LIKE = Statement[str](
    select(devices.c.name_key)
    .where(devices.c.owner_id == bindparam("owner_id"))
    .where(
        func.substr(devices.c.name_key, 1, bindparam("length")) == bindparam("stem")
    ),
    str,
)
ADD_DEVICE = Statement[str](
    insert_or(devices)
    .values(id=bindparam("id"), created_at=bindparam("created_at"))
    .on_conflict_do_nothing()
    .returning(devices.c.id),
    str,
)
SET_OWNER = Statement[int](
    update(devices)
    .where(devices.c.id == bindparam("device_id"))
    .where(devices.c.ownership == bindparam("seen"))
    .values(
        owner_id=bindparam("new_owner_id"),
        ownership=devices.c.ownership + 1,
        name=bindparam("new_name"),
        name_key=bindparam("new_name_key"),
    )
    .returning(devices.c.ownership),
    int,
)
SET_NAME = _set("name", "name_key")
SET_NOTES = _set("notes")
SET_SAFE_MODE = _set("safe_mode")
SET_SERIAL = _set("serial_number", "mobile_secret")
SET_KEY = _set("public_key")
SET_UPDATES = Statement[None](
    update(devices)
    .where(devices.c.id == bindparam("device_id"))
    .values(
        updates_enabled=func.coalesce(
            bindparam("enabled", type_=devices.c.updates_enabled.type),
            devices.c.updates_enabled,
        ),
        updates_forced=func.coalesce(
            bindparam("forced", type_=devices.c.updates_forced.type),
            devices.c.updates_forced,
        ),
    ),
    None,
)
START_SESSION = Statement[None](
    update(devices)
    .where(devices.c.id == bindparam("device_id"))
    .values(
        session_id=bindparam("new_session_id"),
        last_handshake_at=bindparam("at"),
        connected_us=bindparam("connected_us"),
        last_heard=bindparam("at"),
        last_address=bindparam("address"),
        safe_mode=bindparam("new_safe_mode"),
        **{name: bindparam(f"new_{name}") for name in _SESSION},
    ),
    None,
)
END_SESSION = Statement[str](
    update(devices)
    .where(devices.c.id == bindparam("device_id"))
    .where(devices.c.session_id == bindparam("seen"))
    .values(session_id=None, last_heard=bindparam("at"))
    .returning(devices.c.id),
    str,
)
END_ALL_SESSIONS = Statement[str](
    update(devices)
    .where(devices.c.session_id.is_not(None))
    .values(session_id=None)
    .returning(devices.c.id),
    str,
)
SET_HEARD = Statement[None](
    update(devices)
    .where(devices.c.id == bindparam("device_id"))
    .values(last_heard=bindparam("at")),
    None,
)
DESCRIBE = Statement[None](
    update(devices)
    .where(devices.c.id == bindparam("device_id"))
    .values(
        {
            name: func.coalesce(
                bindparam(f"new_{name}", type_=devices.c[name].type), devices.c[name]
            )
            for name in _DESCRIBED
        }
    ),
    None,
)


class Devices:
    """See `cyan.interfaces.Devices`."""

    __slots__ = ("_run",)

    def __init__(self, run: Runner) -> None:
        self._run = run

    async def find(self, device_id: DeviceID) -> Device | None:
        """The device of this id."""
        return first(await self._run(FIND_DEVICE, id=device_id))

    async def find_named(self, owner_id: str, name: str) -> Device | None:
        """An account's device by name, without regard to case (IDN-6)."""
        found = await self._run(FIND_NAMED, owner_id=owner_id, key=name_key(name))
        return first(found)

    async def find_by_serial(self, serial_number: str) -> Device | None:
        """The device of this serial number."""
        return first(await self._run(FIND_BY_SERIAL, serial=serial_number))

    async def list_owned(self, owner_id: str) -> Sequence[Device]:
        """An account's devices, last handshake first."""
        return await self._run(LIST_OWNED, owner_id=owner_id)

    async def count_owned(self, owner_id: str, up_to: int | None = None) -> int:
        """How many devices an account owns; counting stops at `up_to`."""
        if up_to is None:
            return (await self._run(COUNT_OWNED, owner_id=owner_id))[0]
        counted = await self._run(COUNT_OWNED_UP_TO, owner_id=owner_id, up_to=up_to)
        return counted[0]

    async def names_like(self, owner_id: str, stem: str) -> Sequence[str]:
        """The names of an account's devices that begin with a stem."""
        return await self._run(
            NAMES_LIKE, owner_id=owner_id, stem=stem, length=len(stem)
        )

    async def add(self, device_id: DeviceID, at: datetime) -> bool:
        """Make a device known; False if it was."""
        return bool(await self._run(ADD_DEVICE, id=device_id, created_at=at))

    async def set_owner(
        self, device_id: DeviceID, owner_id: str | None, seen: int, name: str | None
    ) -> bool:
        """Change owner and name if the ownership version is still `seen`."""
        changed = await self._run(
            SET_OWNER,
            device_id=device_id,
            seen=seen,
            new_owner_id=owner_id,
            new_name=name,
            new_name_key=_key(name),
        )
        return bool(changed)

    async def set_name(self, device_id: DeviceID, name: str | None) -> None:
        """Change the name."""
        await self._run(
            SET_NAME, device_id=device_id, new_name=name, new_name_key=_key(name)
        )

    async def set_notes(self, device_id: DeviceID, notes: str | None) -> None:
        """Change the notes."""
        await self._run(SET_NOTES, device_id=device_id, new_notes=notes)

    async def set_updates(
        self, device_id: DeviceID, *, enabled: bool | None, forced: bool | None
    ) -> None:
        """Note the device's update switches; None leaves one as it is."""
        await self._run(
            SET_UPDATES, device_id=device_id, enabled=enabled, forced=forced
        )

    async def set_safe_mode(self, device_id: DeviceID, safe_mode: bool) -> None:
        """Note whether it runs in safe mode."""
        await self._run(SET_SAFE_MODE, device_id=device_id, new_safe_mode=safe_mode)

    async def set_serial(
        self, device_id: DeviceID, serial_number: str, mobile_secret: str | None
    ) -> None:
        """Record the factory's serial number."""
        await self._run(
            SET_SERIAL,
            device_id=device_id,
            new_serial_number=serial_number,
            new_mobile_secret=mobile_secret,
        )

    async def start_session(self, device_id: DeviceID, start: SessionStart) -> None:
        """Note a hello; safe mode is told anew after each."""
        await self._run(
            START_SESSION,
            device_id=device_id,
            new_session_id=start.session_id,
            at=start.at,
            connected_us=(start.at - EPOCH) // MICROSECOND,
            address=start.address,
            new_safe_mode=False,
            **{f"new_{name}": getattr(start, name) for name in _SESSION},
        )

    async def end_session(
        self, device_id: DeviceID, session_id: str, at: datetime
    ) -> bool:
        """Note the end of a session, unless another one has begun since."""
        ended = await self._run(
            END_SESSION, device_id=device_id, seen=session_id, at=at
        )
        return bool(ended)

    async def end_all_sessions(self) -> int:
        """After a crash: no session is open; how many were."""
        return len(await self._run(END_ALL_SESSIONS))

    async def set_heard(self, heard: Sequence[tuple[DeviceID, datetime]]) -> None:
        """Note when devices were last heard of, many at a time."""
        for device_id, at in heard:
            await self._run(SET_HEARD, device_id=device_id, at=at)

    async def describe(self, device_id: DeviceID, description: Description) -> None:
        """Keep what a device told of itself; members that are None stay as known."""
        told = values_of(description)
        await self._run(
            DESCRIBE,
            device_id=device_id,
            **{f"new_{name}": told[name] for name in _DESCRIBED},
        )

    async def set_key(self, device_id: DeviceID, key: bytes) -> None:
        """Record the device's public key (SPKI DER)."""
        await self._run(SET_KEY, device_id=device_id, new_public_key=key)


def _key(name: str | None) -> str | None:
    return None if name is None else name_key(name)
