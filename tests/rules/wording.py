"""Decisions as the pages of docs/rules write them."""

from cyan.model.decisions import Refuse
from cyan.model.events import Audience, Hearers
from cyan.rules.additions import LineDecision
from cyan.rules.claiming import ReleaseOwnership
from cyan.rules.departures import Remove
from cyan.rules.limits import Counting
from cyan.rules.membership import BeQuarantined
from cyan.rules.naming import SetName
from cyan.rules.publishing import SendOn
from cyan.rules.routing import Ears


def in_words(decision: object) -> str:
    """A decision as the pages write it: its kind, and what matters of it."""
    match decision:
        case Refuse(code=word) | SendOn(destination=word):
            return f"{type(decision).__name__} {word}"
        case Audience() | Ears():
            return " and ".join(_hearers(decision)) or "nobody"
        case bool():
            return "yes" if decision else "no"
        case LineDecision(outcome=word) | (str() as word):
            return str(word)
        case Counting(holder=holder, on_owners_list=shown):
            return f"{holder}, shown" if shown else holder
        case _:
            return type(decision).__name__ + _addendum(decision)


def _addendum(decision: object) -> str:
    match decision:
        case ReleaseOwnership(notify_owner=True):
            return ", owner told"
        case SetName(name=None):
            return " none"
        case Remove(still_owned=True):
            return ", still owned"
        case BeQuarantined(reason=reason):
            return f", {reason}"
        case _:
            return ""


def _hearers(decision: Audience | Ears) -> list[str]:
    match decision:
        case Audience():
            words = {
                "its owner": decision.account_id is not None,
                "the team": decision.product_id is not None,
                decision.hearers: decision.hearers is not Hearers.NOBODY,
            }
        case Ears():
            words = {
                "its owner's devices": decision.owner_id is not None,
                "its product": decision.publications_of is not None,
                "its members": decision.members_of is not None,
            }
    return [str(word) for word, heard in words.items() if heard]
