"""Lives of devices with two accounts: whatever happens, the rules hold.

A model of a few lines says what must come of each step; the use cases run over a
real store.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from tests.support.lives import Life, a_lot
from tests.support.people import an_account, an_online_device, find

from cyan.interfaces import subjects
from cyan.model.accounts import Actor
from cyan.model.decisions import RefusalCode, Refuse
from cyan.model.devices import TransferState
from cyan.model.events import Event
from cyan.rules.naming import free_name
from cyan.rules.routing import SourceFacts
from cyan.services.changes import Rename, change_device
from cyan.services.claims import claim_device, unclaim_device
from cyan.services.connections import end_connection
from cyan.services.events import Source, publish_as_device
from cyan.services.transfers import answer_transfer, expire_due, list_transfers

LIMIT = 2
PEOPLE = st.sampled_from(["ann", "bob"])
DEVICES = st.sampled_from([1, 2, 3])


@dataclass
class Known:
    """What the model knows of a device; `asked` is who waits for its owner."""

    met: bool = False
    online: bool = False
    owner: str | None = None
    name: str | None = None
    asked: str | None = None


class Lives(Life):
    """See the module."""

    @initialize()
    def begin(self) -> None:
        self.begin_life(sandbox_devices=LIMIT)
        self.known = {number: Known() for number in (1, 2, 3)}
        self.heard: list[tuple[str, str]] = []
        self.run(self._begin())
        for number in (1, 2, 3):  # so that the interesting part begins soon
            self.connect(number)
        self.claim("ann", 1, ask=False)

    async def _begin(self) -> None:
        self.people: dict[str, Actor] = {}
        for name in ("ann", "bob"):
            actor = await an_account(self.world, f"{name}@example.com")
            self.people[name] = actor
            self.world.bus.listen(
                subjects.account_events(actor.account_id), self._ear(name)
            )

    def _ear(self, name: str) -> Any:
        def hear(event: Event) -> None:
            if not event.name.startswith("spark/"):
                self.heard.append((name, event.name))

        return hear

    def do_or_code(self, work: Any) -> Any:
        """What comes of a use case: its answer, or the code of its refusal."""
        done = self.do(work)
        return done.code if isinstance(done, Refuse) else done

    def id_of(self, number: int) -> str:
        return f"{number:024x}"

    def account_of(self, person: str | None) -> str | None:
        return self.people[person].account_id if person else None

    def room(self, person: str) -> bool:
        return sum(each.owner == person for each in self.known.values()) < LIMIT

    # What may happen

    @rule(number=DEVICES)
    def connect(self, number: int) -> None:
        self.run(an_online_device(self.world, number))
        self.known[number].met = self.known[number].online = True

    @rule(number=DEVICES)
    def disconnect(self, number: int) -> None:
        work = end_connection(self.world, self.id_of(number), f"session-{number}")
        self.run(work)
        self.known[number].online = False

    @rule(person=PEOPLE, number=DEVICES, ask=st.booleans())
    def claim(self, person: str, number: int, ask: bool) -> None:
        device = self.known[number]
        outcome = self.do_or_code(
            claim_device(
                self.world,
                self.people[person],
                self.id_of(number),
                request_transfer=ask,
            )
        )
        if device.owner == person:
            assert outcome.transfer_id is None, "CLM-9"
        elif device.owner is None and not device.online:
            assert outcome is RefusalCode.DEVICE_UNKNOWN, "CLM-3"
        elif device.owner is not None and not ask:
            assert outcome is RefusalCode.OWNED_BY_ANOTHER, "CLM-10"
        elif not self.room(person):
            assert outcome is RefusalCode.DEVICE_LIMIT, "LIM-5"
        elif device.owner is None:
            assert outcome.transfer_id is None
            device.owner, device.name = person, None
        else:
            assert outcome.transfer_id is not None, "TRF-2"
            device.asked = person

    @precondition(lambda self: any(each.owner for each in self.known.values()))
    @rule(data=st.data())
    def ask_for(self, data: st.DataObject) -> None:
        owned = [number for number, each in self.known.items() if each.owner]
        number = data.draw(st.sampled_from(owned))
        owner = self.known[number].owner
        self.claim("bob" if owner == "ann" else "ann", number, ask=True)

    @rule(person=PEOPLE, number=DEVICES)
    def unclaim(self, person: str, number: int) -> None:
        device = self.known[number]
        work = unclaim_device(self.world, self.people[person], self.id_of(number))
        outcome = self.do_or_code(work)
        if device.owner == person:
            assert not isinstance(outcome, RefusalCode), "UNC-1"
            device.owner = device.name = device.asked = None
        else:
            assert outcome is RefusalCode.DEVICE_UNKNOWN, "UNC-5"

    @precondition(lambda self: any(each.asked for each in self.known.values()))
    @rule(by_owner=st.integers(0, 3), approve=st.booleans(), data=st.data())
    def answer(self, by_owner: int, approve: bool, data: st.DataObject) -> None:
        waiting = [number for number, each in self.known.items() if each.asked]
        number = data.draw(st.sampled_from(waiting))
        owner = self.known[number].owner
        person = next(name for name in self.people if (name == owner) == bool(by_owner))
        device = self.known[number]
        [transfer] = [
            transfer
            for transfer, about in self.pending().items()
            if about == self.id_of(number)
        ]
        work = answer_transfer(
            self.world, self.people[person], transfer, approve=approve
        )
        outcome = self.do_or_code(work)
        asked = device.asked
        assert asked is not None
        if person != device.owner:
            assert outcome is RefusalCode.TRANSFER_UNKNOWN, "a stranger learns nothing"
        elif approve and not self.room(asked):
            assert outcome is RefusalCode.DEVICE_LIMIT, "LIM-5"
        elif approve:
            theirs = (each for each in self.known.values() if each.owner == asked)
            taken = [each.name for each in theirs if each.name]
            device.owner, device.asked = asked, None
            if device.name is not None:  # IDN-6: it may get a number
                device.name = free_name(device.name, taken)
        else:
            device.asked = None

    @rule(person=PEOPLE, number=DEVICES)
    def rename(self, person: str, number: int) -> None:
        device = self.known[number]
        wanted = [Rename("hall")]
        work = change_device(
            self.world, self.people[person], self.id_of(number), wanted
        )
        outcome = self.do_or_code(work)
        others = [each for each in self.known.values() if each is not device]
        if device.owner != person:
            assert outcome is RefusalCode.DEVICE_UNKNOWN
        elif any((each.owner, each.name) == (person, "hall") for each in others):
            assert outcome is RefusalCode.NAME_TAKEN, "IDN-6"
        else:
            device.name = "hall"

    @rule(number=DEVICES)
    def publish(self, number: int) -> None:
        device = self.known[number]
        source = SourceFacts(self.account_of(device.owner), None, None, outsider=False)
        now = self.world.clock.now()
        event = Event(f"event/{number}", None, 60, now, self.id_of(number))
        self.heard.clear()
        went = publish_as_device(self.world, Source(source, None), event, 0)
        if device.owner is None:
            assert isinstance(went, Refuse), "CLM-6"
            assert self.heard == []
        else:
            assert self.heard == [(device.owner, event.name)], "EVT-1"

    @precondition(lambda self: any(each.asked for each in self.known.values()))
    @rule()
    def a_month_passes(self) -> None:
        self.world.clock.advance_seconds(31 * 24 * 3600)
        self.run(expire_due(self.world))
        for device in self.known.values():
            device.asked = None

    # What always holds

    def pending(self) -> dict[str, str]:
        """The requests that wait for an answer, and the device that each is about."""
        return {
            view.transfer.id: view.transfer.device_id
            for actor in self.people.values()
            for view in self.run(list_transfers(self.world, actor))
            if view.transfer.state is TransferState.PENDING
        }

    @invariant()
    def the_store_agrees(self) -> None:
        if not self.begun:
            return
        pending = Counter(self.pending().values())
        for number, known in self.known.items():
            if known.met:
                self.agrees(number, known)
            assert pending[self.id_of(number)] == (known.asked is not None), "TRF-3"

    def agrees(self, number: int, known: Known) -> None:
        device = self.run(find(self.world, self.id_of(number)))
        assert device.owner_id == self.account_of(known.owner)
        assert (device.online, device.name) == (known.online, known.name)

        async def read() -> Any:
            return await self.world.store.read(
                lambda tx: tx.histories.ownership_of(device.id)
            )

        history = sorted(self.run(read()), key=lambda line: line.ownership)
        numbers = [line.ownership for line in history]
        assert numbers == list(range(1, device.ownership + 1)), "no change without line"
        before = None
        for line in history:
            assert line.former_owner_id == before
            before = line.new_owner_id
        assert before == device.owner_id


TestLives = Lives.TestCase
TestLives.settings = a_lot(80)
