"""The statements of the store grouped by noun, over whatever runs them."""

from cyan import interfaces
from cyan.storage.nouns.accounts import Accounts, Clients, Tickets, Tokens
from cyan.storage.nouns.devices import Devices
from cyan.storage.nouns.records import Histories, Outbox, Transfers, Usage
from cyan.storage.statements import Runner


class Transaction:
    """See `cyan.interfaces.Tx`; its parts share its runner."""

    __slots__ = (
        "accounts",
        "clients",
        "devices",
        "histories",
        "outbox",
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
