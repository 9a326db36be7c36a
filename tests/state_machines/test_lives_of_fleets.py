"""Two products, three accounts, some devices: whatever happens, these things hold.

A device is a member of at most one product; its former team can do nothing with it;
each number that is kept is what counting gives; nobody without a role, or the device,
ever hears an event. The model keeps roles, owners and members; the rest is asked of
the use cases, which run over a real store.
"""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from tests.support.lives import Life, a_lot
from tests.support.people import a_device_id, an_account, an_online_device
from tests.support.products import (
    OPERATOR,
    a_product,
    a_teammate,
    import_lines,
    require_counts,
)

from cyan.model.accounts import Actor
from cyan.model.devices import Device, Standing
from cyan.model.events import Event, ProductEvent
from cyan.model.products import LineOutcome, Plan, Product, TeamRole
from cyan.services.calls import Target, call_function
from cyan.services.claims import claim_device, unclaim_device
from cyan.services.connections import end_connection
from cyan.services.events import (
    Tuning,
    listen,
    publish_as_device,
    source_of,
    tune,
    tune_to_product,
)
from cyan.services.groups import edit_groups
from cyan.services.members import get_member, remove_member, retire_member
from cyan.services.ownership import is_outsider
from cyan.services.products import ProductChanges, change_product
from cyan.services.teams import TeamKind, TeamOf, change_role

LIMIT = 3
PEOPLE = ("ann", "bob", "carol")
SLUGS = ("pumps", "fans")
NUMBERS = (1, 2, 3, 4)
MANAGERS = (TeamRole.OWNER, TeamRole.ADMINISTRATOR, TeamRole.DEVELOPER)
people, slugs = st.sampled_from(PEOPLE), st.sampled_from(SLUGS)
numbers = st.sampled_from(NUMBERS)
ROLES = st.sampled_from(
    [TeamRole.ADMINISTRATOR, TeamRole.DEVELOPER, TeamRole.SUPPORT, TeamRole.VIEW_ONLY]
)


@dataclass
class Stream:
    """What somebody listens to, and what was heard since it was last looked at."""

    person: str
    slug: str | None
    heard: list[str] = field(default_factory=list)
    ended: bool = False

    def hear(self, event: Event | ProductEvent) -> None:
        told = event.event if isinstance(event, ProductEvent) else event
        if not told.name.startswith("spark/"):
            self.heard.append(told.name)

    def end(self) -> None:
        self.ended = True


class Fleets(Life):
    """See the module."""

    @initialize()
    def begin(self) -> None:
        self.begin_life(sandbox_devices=LIMIT)
        self.streams: list[Stream] = []
        self.members: dict[int, str] = {}
        self.run(self._begin())
        self.join_team("pumps", "carol", TeamRole.DEVELOPER)  # so that it begins soon
        for person in ("ann", "carol"):
            self.open_stream("pumps", person)
        for number in (1, 2):
            self.hello(number, "pumps", modern=False)
        self.add("ann", "pumps", [1, 2])
        self.claim("carol", 1)

    async def _begin(self) -> None:
        self.people: dict[str, Actor] = {}
        for name in PEOPLE:
            self.people[name] = await an_account(self.world, f"{name}@example.com")
        self.products: dict[str, Product] = {}
        self.roles: dict[tuple[str, str], TeamRole] = {}
        for slug, owner in (("pumps", "ann"), ("fans", "bob")):
            product = await a_product(self.world, self.people[owner], slug.title())
            self.products[slug] = product
            self.roles[slug, owner] = TeamRole.OWNER
        for name in PEOPLE:
            self._listen(name, None, await tune(self.world, self.people[name]))

    def _listen(self, name: str, slug: str | None, tuning: Tuning) -> None:
        stream = Stream(name, slug)
        self.streams.append(stream)
        listen(self.world, tuning, stream.hear, stream.end)

    def device(self, number: int) -> Device | None:
        device_id = a_device_id(number)

        async def read() -> Device | None:
            return await self.world.store.read(lambda tx: tx.devices.find(device_id))

        return self.run(read())

    def owner_of(self, slug: str) -> str:
        return next(
            person
            for (of, person), role in self.roles.items()
            if of == slug and role is TeamRole.OWNER
        )

    def manages(self, person: str, slug: str) -> bool:
        return self.roles.get((slug, person)) in MANAGERS

    # What may happen

    @rule(number=numbers, slug=st.sampled_from([*SLUGS, None]), modern=st.booleans())
    def hello(self, number: int, slug: str | None, modern: bool) -> None:
        device = self.run(
            an_online_device(
                self.world,
                number,
                firmware_of=self.products[slug].id if slug else None,
                system_version=4002 if modern else 3003,
            )
        )
        if number in self.members:  # MEM-10
            assert device.member_of == self.products[self.members[number]].id
        elif device.member_of is not None:  # MEM-7
            assert slug is not None
            assert not modern
            assert device.member_of == self.products[slug].id
            self.members[number] = slug
        elif slug is not None and not modern:
            assert device.quarantined_in == self.products[slug].id
        else:
            assert device.product_id is None  # MEM-5, MEM-8

    @rule(number=numbers)
    def goodbye(self, number: int) -> None:
        work = end_connection(self.world, a_device_id(number), f"session-{number}")
        self.run(work)

    @rule(person=people, number=numbers)
    def claim(self, person: str, number: int) -> None:
        self.do(claim_device(self.world, self.people[person], a_device_id(number)))

    @rule(person=people, number=numbers, slug=st.sampled_from([*SLUGS, None]))
    def unclaim(self, person: str, number: int, slug: str | None) -> None:
        device_id = a_device_id(number)
        self.do(unclaim_device(self.world, self.people[person], device_id, slug))

    @rule(person=people, slug=slugs, chosen=st.lists(numbers, min_size=1, max_size=4))
    def add(self, person: str, slug: str, chosen: list[int]) -> None:
        texts = [a_device_id(number) for number in chosen]
        product = self.products[slug]
        outcome = self.do(
            import_lines(self.world, self.people[person], product, *texts)
        )
        if not isinstance(outcome, list):
            return
        assert self.manages(person, slug)
        for number, line in zip(chosen, outcome, strict=True):
            if line in (LineOutcome.ADDED, LineOutcome.APPROVED):
                assert number not in self.members, "MEM-3"
                self.members[number] = slug

    @rule(person=people, slug=slugs, number=numbers, deny=st.booleans())
    def remove(self, person: str, slug: str, number: int, deny: bool) -> None:
        actor, device_id = self.people[person], a_device_id(number)
        self.left(
            self.do(remove_member(self.world, actor, slug, device_id, deny_it=deny)),
            (person, slug, number),
        )

    @rule(person=people, slug=slugs, number=numbers)
    def retire(self, person: str, slug: str, number: int) -> None:
        actor, device_id = self.people[person], a_device_id(number)
        done = self.do(retire_member(self.world, actor, slug, device_id))
        self.left(done, (person, slug, number))
        if done is None:
            device = self.device(number)
            assert device is not None
            assert device.owner_id is None

    def left(self, outcome: Any, asked: tuple[str, str, int]) -> None:
        person, slug, number = asked
        if hasattr(outcome, "code"):
            return
        assert self.manages(person, slug)
        if self.members.get(number) == slug:
            del self.members[number]

    @rule(slug=slugs, person=people, role=ROLES)
    def join_team(self, slug: str, person: str, role: TeamRole) -> None:
        if self.roles.get((slug, person)) is TeamRole.OWNER:
            return
        product, actor = self.products[slug], self.people[person]
        self.run(a_teammate(self.world, product, actor, role))
        self.roles[slug, person] = role

    @rule(slug=slugs, person=people, by_owner=st.booleans())
    def leave_team(self, slug: str, person: str, by_owner: bool) -> None:
        asks = self.people[self.owner_of(slug) if by_owner else person]
        team, name = TeamOf(TeamKind.PRODUCT, slug), f"{person}@example.com"
        done = self.do(change_role(self.world, asks, team, name, None))
        role = self.roles.get((slug, person))
        assert hasattr(done, "code") == (role in (None, TeamRole.OWNER)), "UNC-7"
        if not hasattr(done, "code"):
            del self.roles[slug, person]

    @rule(slug=slugs, person=people)
    def hand_over(self, slug: str, person: str) -> None:
        owner = self.owner_of(slug)
        team = TeamOf(TeamKind.PRODUCT, slug)
        name = f"{person}@example.com"
        work = change_role(self.world, self.people[owner], team, name, TeamRole.OWNER)
        if not hasattr(self.do(work), "code"):
            self.roles[slug, owner] = TeamRole.ADMINISTRATOR
            self.roles[slug, person] = TeamRole.OWNER

    @rule(slug=slugs, quarantine=st.booleans())
    def switch(self, slug: str, quarantine: bool) -> None:
        owner = self.owner_of(slug)
        changes = ProductChanges(quarantine=quarantine)
        self.run(change_product(self.world, self.people[owner], slug, changes))

    @rule(slug=slugs, plan=st.sampled_from(Plan), limit=st.integers(1, 4))
    def replan(self, slug: str, plan: Plan, limit: int) -> None:
        changes = ProductChanges(plan=plan, device_limit=limit)
        self.do(change_product(self.world, OPERATOR, slug, changes))

    @rule(slug=slugs, person=people)
    def open_stream(self, slug: str, person: str) -> None:
        tuning = self.do(tune_to_product(self.world, self.people[person], slug))
        assert isinstance(tuning, Tuning) == ((slug, person) in self.roles), "EVT-1"
        if isinstance(tuning, Tuning):
            self._listen(person, slug, tuning)

    @rule(number=numbers)
    def publish(self, number: int) -> None:
        device = self.device(number)
        if device is None:
            return
        for stream in self.streams:
            stream.heard.clear()

        async def send() -> None:
            outsider = await self.world.store.read(lambda tx: is_outsider(tx, device))
            event = Event("temp", None, 60, self.world.clock.now(), device.id)
            publish_as_device(
                self.world, source_of(device, outsider=outsider), event, 0
            )

        self.run(send())
        member = self.members.get(number)
        featured = device.standing in (None, Standing.MEMBER)
        for stream in self.streams:
            if stream.ended:
                continue
            owner = self.people[stream.person].account_id == device.owner_id
            in_team = (member, stream.person) in self.roles
            wanted = owner if stream.slug is None else member == stream.slug and in_team
            assert stream.heard == ["temp"] * (featured and wanted), "EVT-1, MEM-8"

    @rule(slug=slugs, person=people, number=numbers)
    def try_everything(self, slug: str, person: str, number: int) -> None:
        """Who is not of the team, or whose product has it not, can do nothing."""
        if self.members.get(number) == slug and (slug, person) in self.roles:
            return
        actor, device_id = self.people[person], a_device_id(number)
        for work in (
            call_function(self.world, actor, Target(device_id, "f", slug), ""),
            edit_groups(self.world, actor, slug, [device_id], add=["x"], remove=[]),
            unclaim_device(self.world, actor, device_id, slug),
            retire_member(self.world, actor, slug, device_id),
            tune_to_product(self.world, actor, slug, "", device_id),
        ):
            assert hasattr(self.do(work), "code")
        seen = self.do(get_member(self.world, actor, slug, device_id))
        device = self.device(number)
        waits = device is not None and device.product_id == self.products[slug].id
        assert hasattr(seen, "code") != (waits and (slug, person) in self.roles)

    # What always holds

    @invariant()
    def members_are_as_known(self) -> None:
        if not self.begun:
            return
        for number in NUMBERS:
            device = self.device(number)
            slug = self.members.get(number)
            wanted = self.products[slug].id if slug else None
            assert (device.member_of if device else None) == wanted

    @invariant()
    def streams_end_with_the_role(self) -> None:
        for stream in getattr(self, "streams", ()):
            if (
                stream.slug is not None
                and (stream.slug, stream.person) not in self.roles
            ):
                assert stream.ended

    @invariant()
    def numbers_add_up(self) -> None:
        if self.begun:
            accounts = [each.account_id for each in self.people.values()]
            ids = [each.id for each in self.products.values()]
            self.run(require_counts(self.world, accounts, ids))


TestFleets = Fleets.TestCase
TestFleets.settings = a_lot(30)
