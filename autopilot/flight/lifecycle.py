"""The lifecycle of a flight as a table: state x event -> guard, action, next state (seed 002, "State Machine"), and
its walker.

The first row whose guard holds is taken. A pair without rows must be listed in `IGNORED`; a test walks all pairs.
`docs/lifecycle.md` shows the diagram that `scripts.lifecycle_diagram` draws from this table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, Final

from autopilot.interface.reasons import FlightEvent
from autopilot.interface.records import dataclass

if TYPE_CHECKING:
    from autopilot.flight.guards import GuardFacts  # with a vehicle's parts, which programs that only ask do not have


class FlightState(IntEnum):
    """States with the numbers of the seed's STATUS answer."""

    IDLE = 0
    PREFLIGHT = 1
    ARMED = 2
    FLYING = 3
    LANDING = 4
    LANDED = 5


class FlightCommand(IntEnum):
    """Ground station commands by their ids (seed 002)."""

    GO = 0x20
    ABORT = 0x21
    STATUS = 0x22


Guard = Callable[["GuardFacts"], bool]


def nothing_to_fly(flight: GuardFacts) -> bool:
    """True without a mission or a profile, or if the vehicle is not on the ground."""
    return flight.refusal is not None


def motors_off(flight: GuardFacts) -> bool:
    """True if the motors are off: with FM_ARM_EARLY 0 they are armed at the end of the countdown."""
    return not flight.armed


def airborne(flight: GuardFacts) -> bool:
    return flight.airborne


def armed(flight: GuardFacts) -> bool:
    return flight.armed


def resting(flight: GuardFacts) -> bool:
    return flight.resting


def moving(flight: GuardFacts) -> bool:
    """True in the air, and for a rover or boat that drives."""
    return flight.airborne or (flight.armed and not flight.resting)


def landed(flight: GuardFacts) -> bool:
    return flight.landed


def waits_to_stop(flight: GuardFacts) -> bool:
    return flight.waits_to_stop


def ends_by_itself(flight: GuardFacts) -> bool:
    """True for a flight that GO began and that still follows its profile."""
    return flight.begun_by_go and flight.in_command


def begun_by_go(flight: GuardFacts) -> bool:
    return flight.begun_by_go


def critical_is_ours(flight: GuardFacts) -> bool:
    """True for a flight that GO began, if no failsafe acts on a critical battery."""
    return flight.begun_by_go and flight.critical_is_ours


def runs_on(flight: GuardFacts) -> bool:
    """True for a flight that GO did not begin, if the motors run on after a landing."""
    return flight.motors_run_on and not flight.begun_by_go


class LifecycleAction(Enum):
    """Actions of FlightManager; the value is the name of its method without the leading underscore."""

    REFUSE_GO = "refuse_go"
    REFUSE_SECOND_GO = "refuse_second_go"
    REFUSE_ABORT = "refuse_abort"
    PREPARE_GO = "prepare_go"
    PREPARE_PLAIN = "prepare_plain"
    ASK_ARM = "ask_arm"
    ASK_ARM_NOW = "ask_arm_now"
    GIVE_UP = "give_up"
    WAIT_ARMED = "wait_armed"
    CALL_OFF = "call_off"
    START = "start"
    FOLLOW = "follow"
    STAY = "stay"
    BE_TAKEN_OVER = "be_taken_over"
    LAND = "land"
    FOLLOW_LANDING = "follow_landing"
    RESUME_FLIGHT = "resume_flight"
    LOOK_AGAIN = "look_again"
    KEEP_WAITING = "keep_waiting"
    FORCE_DOWN = "force_down"
    DISARM = "disarm"
    CONFIRM_DISARM = "confirm_disarm"
    RETRY_LATER = "retry_later"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Transition:
    """Row of the table."""

    action: LifecycleAction
    next: FlightState
    guard: Guard | None = None


_S, _E, _A = FlightState, FlightEvent, LifecycleAction
_REFUSED = tuple(state for state in FlightState if state is not _S.IDLE)
_CLOSE = (Transition(_A.CLOSE, _S.IDLE),)
_TO_LANDED = (Transition(_A.STAY, _S.LANDED, runs_on), Transition(_A.DISARM, _S.LANDED))

TABLE: Final[dict[tuple[FlightState, FlightEvent], tuple[Transition, ...]]] = {
    (_S.IDLE, _E.GO): (Transition(_A.REFUSE_GO, _S.IDLE, nothing_to_fly), Transition(_A.PREPARE_GO, _S.PREFLIGHT)),
    (_S.IDLE, _E.PLAIN_ARM): (Transition(_A.PREPARE_PLAIN, _S.PREFLIGHT),),
    (_S.IDLE, _E.ARMED): (Transition(_A.FOLLOW, _S.FLYING, airborne), Transition(_A.FOLLOW, _S.ARMED)),
    (_S.IDLE, _E.RESTARTED): (
        Transition(_A.LAND, _S.LANDING, moving),
        Transition(_A.DISARM, _S.LANDED, armed),
        Transition(_A.CLOSE, _S.IDLE),
    ),
    (_S.PREFLIGHT, _E.RESETS_DONE): (Transition(_A.ASK_ARM, _S.PREFLIGHT),),
    (_S.PREFLIGHT, _E.RESET_FAILED): (Transition(_A.GIVE_UP, _S.IDLE),),
    (_S.PREFLIGHT, _E.ARM_OK): (Transition(_A.WAIT_ARMED, _S.ARMED),),
    (_S.PREFLIGHT, _E.ARM_FAILED): (Transition(_A.GIVE_UP, _S.IDLE),),
    (_S.PREFLIGHT, _E.DISARMED): (Transition(_A.GIVE_UP, _S.IDLE),),
    (_S.ARMED, _E.ABORT): (Transition(_A.CALL_OFF, _S.ARMED),),
    (_S.ARMED, _E.COUNTDOWN_OVER): (Transition(_A.ASK_ARM_NOW, _S.ARMED, motors_off), Transition(_A.START, _S.FLYING)),
    (_S.ARMED, _E.ARM_OK): (Transition(_A.START, _S.FLYING),),
    (_S.ARMED, _E.ARM_FAILED): (Transition(_A.GIVE_UP, _S.IDLE),),
    (_S.ARMED, _E.UNDER_WAY): (Transition(_A.BE_TAKEN_OVER, _S.FLYING),),
    (_S.ARMED, _E.LOW_BATTERY): (Transition(_A.CALL_OFF, _S.ARMED, begun_by_go), Transition(_A.STAY, _S.ARMED)),
    (_S.ARMED, _E.LANDED): _TO_LANDED,
    (_S.ARMED, _E.DISARM_OK): _CLOSE,
    (_S.ARMED, _E.DISARM_FAILED): (Transition(_A.RETRY_LATER, _S.ARMED),),
    (_S.ARMED, _E.RETRY): (Transition(_A.CALL_OFF, _S.ARMED),),
    (_S.ARMED, _E.DISARMED): _CLOSE,
    (_S.FLYING, _E.MISSION_DONE): (Transition(_A.LAND, _S.LANDING, begun_by_go), Transition(_A.STAY, _S.FLYING)),
    (_S.FLYING, _E.DURATION_OVER): (
        Transition(_A.LAND, _S.LANDING, ends_by_itself),
        Transition(_A.LOOK_AGAIN, _S.FLYING),
    ),
    (_S.FLYING, _E.LOW_BATTERY): (Transition(_A.LAND, _S.LANDING, critical_is_ours), Transition(_A.STAY, _S.FLYING)),
    (_S.FLYING, _E.DESCENDING): (Transition(_A.FOLLOW_LANDING, _S.LANDING),),
    (_S.FLYING, _E.START_FAILED): (Transition(_A.DISARM, _S.LANDED),),
    (_S.FLYING, _E.LANDED): _TO_LANDED,
    (_S.FLYING, _E.DISARMED): (Transition(_A.CONFIRM_DISARM, _S.LANDED),),
    (_S.LANDING, _E.CLIMBING): (Transition(_A.RESUME_FLIGHT, _S.FLYING),),
    (_S.LANDING, _E.LANDED): _TO_LANDED,
    (_S.LANDING, _E.LANDING_TIMEOUT): (
        Transition(_A.KEEP_WAITING, _S.LANDING, waits_to_stop),
        Transition(_A.DISARM, _S.LANDED, landed),
        Transition(_A.FORCE_DOWN, _S.LANDED, resting),
        Transition(_A.KEEP_WAITING, _S.LANDING),
    ),
    (_S.LANDING, _E.DISARMED): (Transition(_A.CONFIRM_DISARM, _S.LANDED),),
    (_S.LANDED, _E.DISARM_OK): _CLOSE,
    (_S.LANDED, _E.DISARM_FAILED): (Transition(_A.RETRY_LATER, _S.LANDED),),
    (_S.LANDED, _E.RETRY): (Transition(_A.CONFIRM_DISARM, _S.LANDED),),
    (_S.LANDED, _E.DISARMED): _CLOSE,
    (_S.LANDED, _E.UNDER_WAY): (Transition(_A.FOLLOW, _S.FLYING, runs_on), Transition(_A.STAY, _S.LANDED)),
    **{(state, _E.GO): (Transition(_A.REFUSE_SECOND_GO, state),) for state in _REFUSED},
    **{(state, _E.ABORT): (Transition(_A.REFUSE_ABORT, state),) for state in FlightState if state is not _S.ARMED},
}

_QUIET: Final = frozenset({
    _E.RESETS_DONE, _E.RESET_FAILED, _E.ARM_OK, _E.ARM_FAILED, _E.COUNTDOWN_OVER, _E.START_FAILED, _E.RETRY,
    _E.DURATION_OVER, _E.LANDING_TIMEOUT, _E.DISARM_OK, _E.DISARM_FAILED, _E.MISSION_DONE, _E.UNDER_WAY, _E.DESCENDING,
    _E.CLIMBING, _E.LOW_BATTERY, _E.PLAIN_ARM, _E.RESTARTED,
})  # fmt: skip
IGNORED: Final[dict[FlightState, frozenset[FlightEvent]]] = {
    _S.IDLE: _QUIET - {_E.PLAIN_ARM, _E.RESTARTED} | {_E.LANDED, _E.DISARMED},
    _S.PREFLIGHT: _QUIET - {_E.RESETS_DONE, _E.RESET_FAILED, _E.ARM_OK, _E.ARM_FAILED} | {_E.LANDED, _E.ARMED},
    _S.ARMED: _QUIET - {
        _E.COUNTDOWN_OVER, _E.ARM_OK, _E.ARM_FAILED, _E.UNDER_WAY, _E.LOW_BATTERY, _E.DISARM_OK, _E.DISARM_FAILED,
        _E.RETRY,
    } | {_E.ARMED},
    _S.FLYING: _QUIET - {
        _E.MISSION_DONE, _E.DURATION_OVER, _E.LOW_BATTERY, _E.DESCENDING, _E.START_FAILED,
    } | {_E.ARMED},
    _S.LANDING: _QUIET - {_E.CLIMBING, _E.LANDING_TIMEOUT} | {_E.ARMED},
    _S.LANDED: _QUIET - {_E.DISARM_OK, _E.DISARM_FAILED, _E.RETRY, _E.UNDER_WAY} | {_E.LANDED, _E.ARMED},
}  # fmt: skip
"""Events without a meaning in a state: late answers, timers that were not stopped, known facts."""


def choose(state: FlightState, event: FlightEvent, flight: GuardFacts) -> Transition | None:
    """The row to take, or None if the event has no meaning now. KeyError if the table has a gap."""
    rows = TABLE.get((state, event))
    if rows is None:
        if event not in IGNORED[state]:
            raise KeyError(f"no row for {event.name} in {state.name}")
        return None
    return next(row for row in rows if row.guard is None or row.guard(flight))


class LifecycleStateMachine:
    """Walker of the table: the state of a flight, its reason, and its timer. `actions`: functions of the table's
    actions. `entered()`: a state begins; `changed()`: its row's action is done, and people may be told."""

    def __init__(
        self,
        flight: GuardFacts,
        actions: Mapping[LifecycleAction, Callable[[], None]],
        entered: Callable[[], None],
        changed: Callable[[], None],
    ) -> None:
        self._flight = flight
        self._actions = actions
        self._entered = entered
        self._changed = changed
        self._timer: tuple[int, FlightEvent] | None = None
        self.state = FlightState.IDLE
        self.reason = ""
        """Reason for the present state; an action may replace it by a better text."""
        self.cause = FlightEvent.DISARMED
        """The present event; an action may report another as the cause of a change."""

    def dispatch(self, event: FlightEvent, reason: str) -> None:
        """Handle `event`."""
        row = choose(self.state, event, self._flight)
        if row is None:
            return
        changed = row.next is not self.state or event is FlightEvent.RESTARTED
        self.cause, self.reason = event, reason
        if changed:
            self.state = row.next
            self._timer = None
            self._entered()
        self._actions[row.action]()
        if changed:
            self._changed()

    # --- the timer ------------------------------------------------------------------------------------------------
    def at(self, event: FlightEvent, due_ms: int) -> None:
        """Dispatch `event` at `due_ms`, unless the state changes before. A state has one timer at a time."""
        self._timer = due_ms, event

    def stop_timer(self) -> None:
        self._timer = None

    def due(self, now_ms: int) -> FlightEvent | None:
        """Take the event of the timer if it has expired."""
        if self._timer is None or now_ms < self._timer[0]:
            return None
        (_, event), self._timer = self._timer, None
        return event

    @property
    def deadline_ms(self) -> int | None:
        return None if self._timer is None else self._timer[0]
