"""The statements of the store grouped by noun, over whatever runs them."""

from cyan import interfaces
from cyan.storage.nouns.accounts import Accounts, Clients, Tickets, Tokens
from cyan.storage.nouns.devices import Devices
from cyan.storage.nouns.fleets import Fleets
from cyan.storage.nouns.groups import Exclusions, Groups
from cyan.storage.nouns.imports import Imports
from cyan.storage.nouns.products import Counts, Products
from cyan.storage.nouns.records import Histories, Outbox, Transfers, Usage
from cyan.storage.nouns.teams import Organizations, Programs, Teams
from cyan.storage.statements import Runner


class Transaction:
    """See `cyan.interfaces.Tx`; its parts share its runner."""

    __slots__ = (
        "accounts",
        "clients",
        "counts",
        "devices",
        "exclusions",
        "fleets",
        "groups",
        "histories",
        "imports",
        "organizations",
        "outbox",
        "products",
        "programs",
        "teams",
        "tickets",
        "tokens",
        "transfers",
        "usage",
    )

    def __init__(self, run: Runner) -> None:
        self.accounts: interfaces.Accounts = Accounts(run)
        self.tokens: interfaces.Tokens = Tokens(run)
        self.clients: interfaces.Clients = Clients(run)
        self.tickets: interfaces.Tickets = Tickets(run)
        self.devices: interfaces.Devices = Devices(run)
        self.histories: interfaces.Histories = Histories(run)
        self.transfers: interfaces.Transfers = Transfers(run)
        self.outbox: interfaces.Outbox = Outbox(run)
        self.usage: interfaces.Usage = Usage(run)
        self.counts: interfaces.Counts = Counts(run)
        self.exclusions: interfaces.Exclusions = Exclusions(run)
        self.fleets: interfaces.Fleets = Fleets(run)
        self.groups: interfaces.Groups = Groups(run)
        self.imports: interfaces.Imports = Imports(run)
        self.organizations: interfaces.Organizations = Organizations(run)
        self.products: interfaces.Products = Products(run)
        self.programs: interfaces.Programs = Programs(run)
        self.teams: interfaces.Teams = Teams(run)
