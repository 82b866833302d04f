"""The states of a flight (seed 002)."""

from __future__ import annotations

from collections import deque
from math import inf, isfinite

from autopilot.context.events import CurrentChanged, FlightStateChanged, ItemReached, MissionComplete, StatusText
from autopilot.flight.lifecycle import TABLE, FlightState
from autopilot.mav import Cmd, Result
from tests.storm.invariant import When, Where, invariant, noted
from tests.storm.station import Message, Station
from tests.storm.view import Peer, View

SEED = "seed 002, State Machine"
NEXT = {
    (state, row.next) for (state, _), rows in TABLE.items() for row in rows if row.next is not state
}  # allowed transitions


@invariant(When.EVENT, SEED, "FlightStateChanged")
def flight_states_follow_the_table(view: View, event: FlightStateChanged) -> str | None:
    """Each change of the flight manager's state is a transition of the seed's table."""
    memory = view.life.setdefault("flight", {"state": FlightState.IDLE})
    before, after = memory["state"], FlightState(event.state)
    memory.update(state=after, at=view.now_ms)
    view.storm.story.meet("lifecycle", before.name, f"{after.name} {event.cause.name}")
    if before is after or (before, after) in NEXT:
        return None
    return f"{after.name} after {before.name}"


def _state(view: View) -> FlightState | None:
    flights = view.service.autopilot.flights
    return None if flights is None else FlightState(flights.state)


@invariant(When.PASS, SEED)
def idle_is_disarmed_and_flying_is_armed(view: View) -> str | None:
    """From two seconds after a change of state on, the vehicle is disarmed in IDLE and armed in FLYING."""
    state, armed = _state(view), view.service.autopilot.facts.armed
    if state is FlightState.IDLE:
        wrong = armed
    elif state is FlightState.FLYING:
        wrong = not armed
    else:
        wrong = False
    memory = view.life.setdefault("idle", {})
    if not wrong:
        memory.clear()
        return None
    since = max(memory.setdefault("since", view.now_ms), _entered_ms(view))
    name = "-" if state is None else state.name
    return None if view.now_ms - since < 2_000 else f"{name} and {'armed' if armed else 'disarmed'}"


def _entered_ms(view: View) -> int:
    """When the vehicle entered its state: it may leave one and enter it again between two looks."""
    at_ms: int = view.life.get("flight", {}).get("at", 0)
    return at_ms


@invariant(When.PASS, SEED)
def preflight_ends(view: View) -> str | None:
    """PREFLIGHT ends within 30 s, whether its actors answer or not: one failed RESET ends it."""
    return _ends(view, FlightState.PREFLIGHT, 30_000)


@invariant(When.PASS, SEED)
def landed_ends(view: View) -> str | None:
    """LANDED ends within 60 s, unless the vehicle cannot be disarmed."""
    if any(fault.name.startswith("motor") for fault in view.service.faults.active):
        view.life.setdefault("stays LANDED", {}).clear()
        return None
    return _ends(view, FlightState.LANDED, 60_000)


def _ends(view: View, state: FlightState, within_ms: int) -> str | None:
    memory = view.life.setdefault(f"stays {state.name}", {})
    if _state(view) is not state:
        memory.clear()
        return None
    since = max(memory.setdefault("since", view.now_ms), _entered_ms(view))
    return None if view.now_ms - since < within_ms else f"in {state.name} for {view.now_ms - since} ms"


STATUS, GO, ABORT = 0x22, 0x20, 0x21
_STARTS_FROM = {GO: FlightState.IDLE, ABORT: FlightState.ARMED}


@noted("COMMAND_LONG", "COMMAND_INT")
def _flight_command(view: View, message: Message, peer: Peer) -> None:
    if message.command != Cmd.USER_1 or message.target_system not in (0, view.service.endpoint.system_id):
        return
    command = int(message.param1) if isfinite(message.param1) else None
    repeated = getattr(message, "confirmation", 0) > 0  # is answered as the first was
    pending = peer.memory.setdefault("flight commands", deque(maxlen=64))
    pending.append((command, _state(view), repeated))


def _fits(command: int | None, state: FlightState | None, *, repeated: bool, result: int) -> bool:
    if command == STATUS:
        return result == Result.ACCEPTED
    return result != Result.ACCEPTED or repeated or command not in _STARTS_FROM or state is _STARTS_FROM[command]


@invariant(When.SENT, "docs/reference/flight-lifecycle.md", "COMMAND_ACK")
def a_flight_command_fits_its_state(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """GO is accepted in IDLE only, ABORT in ARMED only, STATUS always. The COMMAND_ACK reports one of the six
    states."""
    asked = peer.memory.get("flight commands")
    if message.command != Cmd.USER_1 or message.result == Result.IN_PROGRESS or not asked:
        return None
    if message.result_param2 % 256 > max(FlightState):
        return f"state {message.result_param2 % 256}"
    for each in asked:
        command, state, repeated = each
        if _fits(command, state, repeated=repeated, result=message.result):
            view.storm.story.meet("flight command", f"{command}", f"{state} {message.result}")
            asked.remove(each)
            return None
    return f"{message.result} is no answer to any of (command, state, repeated) {list(asked)}"


@invariant(When.SENT, "docs/reference/flight-lifecycle.md", "NAMED_VALUE_INT", where=Where.BOTH)
def the_reported_state_is_a_flight_state(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """NAMED_VALUE_INT FM_STATE has the number of one of the six states, 0 to 5."""
    name = message.name if isinstance(message.name, str) else message.name.decode().rstrip("\0")
    return None if name != "FM_STATE" or 0 <= message.value <= 5 else f"FM_STATE {message.value}"


@invariant(When.EVENT, "seed 001, Update Tick", "ItemReached")
def items_are_reached_by_armed_vehicles(view: View, event: ItemReached) -> str | None:
    """No vehicle reaches a mission item when it has been disarmed for more than a second."""
    running = view.life.get("running", {"at": -10_000, "told": False})
    armed = view.service.autopilot.facts.armed or running["told"]  # the disarm of this very pass is told behind it
    return None if armed or view.now_ms - running["at"] <= 1_000 else f"item {event.seq} was reached disarmed"


@invariant(When.PASS, "seed 001, Update Tick")
def no_mission_runs_disarmed(view: View) -> str | None:
    """Two seconds after disarming, no mission runs."""
    autopilot = view.service.autopilot
    memory = view.life.setdefault("runs disarmed", {})
    if autopilot.facts.armed or autopilot.sequencer.state().name != "RUNNING":
        memory.clear()
        return None
    since = memory.setdefault("since", view.now_ms)
    return None if view.now_ms - since < 2_000 else f"the mission runs, disarmed for {view.now_ms - since} ms"


@invariant(When.EVENT, "seed 001, Update Tick", "MissionComplete", "CurrentChanged")
def a_mission_completes_once_a_run(view: View, event: MissionComplete | CurrentChanged) -> str | None:
    """MissionComplete is not announced twice within a second, unless an item has begun in between."""
    memory = view.life.setdefault("complete", {})
    if isinstance(event, CurrentChanged):
        memory.clear()
        return None
    last = memory.get("at", -10_000)
    memory["at"] = view.now_ms
    return None if view.now_ms - last > 1_000 else "the mission is complete twice"


@invariant(When.EVENT, "docs/reference/ground-stations.md, 1.6", "StatusText")
def a_text_is_not_repeated(view: View, event: StatusText) -> str | None:
    """No STATUSTEXT is sent more than 40 times within 10 s, plus once for each received command."""
    texts = view.life.setdefault("texts", {})
    if ("GCS" in event.text and "ailsafe" in event.text) or event.text.startswith("Connection to ground station lost"):
        texts["gcs"] = view.now_ms
    if "Radio" in event.text and "ailsafe" in event.text:
        texts["radio"] = view.now_ms
    if event.text.startswith("RC Long Failsafe" if "plane" in view.kind else "Radio Failsafe"):
        ends_ms = view.now_ms + 1_000 if "Cleared" in event.text else inf
        texts["sticks"] = -inf if view.kind == "copter" else ends_ms
    said = texts.setdefault(("said", event.text), [])
    said.append(view.now_ms)
    while said[0] < view.now_ms - 10_000:
        said.pop(0)
    if len(said) <= 40:
        return None
    asked = sum(at_ms >= view.now_ms - 10_000 for at_ms in view.life.get("commands", {}).get("at", ()))
    return None if len(said) <= 40 + asked else f"'{event.text}' {len(said)} times in 10 s"


@invariant(When.END, SEED)
def every_flight_is_closed_at_the_end(view: View, rescuer: Station) -> str | None:
    """Eight seconds after a vehicle has landed and is disarmed, its flight manager is in IDLE."""
    state = _state(view)
    if state is None or view.service.autopilot.facts.armed or rescuer.busy:
        return None
    return None if state is FlightState.IDLE else f"it is in {state.name}"
