"""All states of a connection and every transition, for both sides in one table.

The table does not know which side it serves: a server begins by awaiting an offer,
a device by awaiting the nonce. What is not in the table is forbidden.
"""

from enum import Enum, auto


class State(Enum):
    """Where a connection stands."""

    AWAITING_NONCE = auto()
    AWAITING_ANSWER = auto()
    AWAITING_OFFER = auto()
    AWAITING_ADMISSION = auto()
    AWAITING_HELLO = auto()
    AWAITING_WELCOME = auto()
    OPEN = auto()
    CLOSED = auto()


class Step(Enum):
    """What moves a connection on."""

    NONCE = auto()
    OFFER = auto()
    ADMIT = auto()
    ANSWER = auto()
    HELLO = auto()
    WELCOME = auto()
    CLOSE = auto()


class WrongState(Exception):
    """A command that the present state forbids: a mistake of the driver."""


TRANSITIONS: dict[tuple[State, Step], State] = {
    (State.AWAITING_NONCE, Step.NONCE): State.AWAITING_ANSWER,
    (State.AWAITING_ANSWER, Step.ANSWER): State.AWAITING_WELCOME,
    (State.AWAITING_OFFER, Step.OFFER): State.AWAITING_ADMISSION,
    (State.AWAITING_ADMISSION, Step.ADMIT): State.AWAITING_HELLO,
    (State.AWAITING_HELLO, Step.HELLO): State.AWAITING_WELCOME,
    (State.AWAITING_WELCOME, Step.WELCOME): State.OPEN,
    **{(state, Step.CLOSE): State.CLOSED for state in State},
}


def move(state: State, step: Step) -> State:
    """The state that a step leads to; raises `WrongState` if there is none."""
    following = TRANSITIONS.get((state, step))
    if following is None:
        raise WrongState(f"{step.name} while {state.name}")
    return following
