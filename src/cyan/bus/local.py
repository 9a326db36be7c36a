"""The bus of a server that is one process: calls, no copies, no waiting."""

import asyncio
from typing import Any

import structlog

from cyan.interfaces import (
    Answerer,
    DeviceAbsent,
    DeviceSilent,
    Listener,
    Message,
    Stop,
)
from cyan.model.identifiers import DeviceID

_log = structlog.get_logger(__name__)


class LocalBus:
    """The `Bus` within one process, to be used on its event loop alone."""

    def __init__(self) -> None:
        self._listeners: dict[str, dict[object, Listener]] = {}
        self._answerers: dict[DeviceID, tuple[object, Answerer]] = {}

    def publish(self, subject: str, message: Message) -> None:
        """Hand a message to all listeners of a subject, in the order they came.

        One that raises harms neither the publisher nor the others. Listeners that
        come or go because of this message do so after it.
        """
        listeners = self._listeners.get(subject)
        if not listeners:
            return
        for key, listener in tuple(listeners.items()):
            if key not in listeners:
                continue  # another listener stopped this one just now
            try:
                listener(message)
            except Exception:
                _log.exception("listener_failed", subject=subject)

    def listen(self, subject: str, listener: Listener) -> Stop:
        """Call `listener` for each message of a subject, until stopped."""
        key = object()
        self._listeners.setdefault(subject, {})[key] = listener

        def stop() -> None:
            listeners = self._listeners.get(subject)
            if listeners is not None:
                listeners.pop(key, None)
                if not listeners:
                    del self._listeners[subject]

        return stop

    async def ask(self, device_id: DeviceID, message: Message, timeout: float) -> Any:
        """Ask a device's session, for at most `timeout` seconds."""
        holder = self._answerers.get(device_id)
        if holder is None:
            raise DeviceAbsent(device_id)
        _, answerer = holder
        try:
            async with asyncio.timeout(timeout) as limit:
                return await answerer(message)
        except TimeoutError:
            if limit.expired():
                raise DeviceSilent(device_id) from None
            raise

    def answer(self, device_id: DeviceID, answerer: Answerer) -> Stop:
        """Answer what is asked of a device; whoever came last answers."""
        key = object()
        self._answerers[device_id] = (key, answerer)

        def stop() -> None:
            holder = self._answerers.get(device_id)
            if holder is not None and holder[0] is key:
                del self._answerers[device_id]

        return stop
