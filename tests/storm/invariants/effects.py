"""What is accepted has its effect at once: a mode, an arm, a disarm, a place to fly to; and a takeoff lifts off."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot, isfinite

from autopilot.context.events import ArmedChanged, ModeChanged
from autopilot.interface import report
from autopilot.interface.geo import to_local
from autopilot.interface.reasons import ArmingMethod, ModeReason
from autopilot.interface.targets import Circle, Land, Leg, TakeOff, Target
from autopilot.mav import Cmd, Result
from tests.storm.invariant import Memory, When, invariant, noted
from tests.storm.station import Message
from tests.storm.view import ARDUPILOT, Peer, View, is_blind

COMMANDS = "docs/reference/ground-stations.md, 3.2"
WAITS_MS = 60_000
"""Longest time for which a command is in progress."""
LIFT_OFF_MS, ROLL_OUT_MS = 8_000, 40_000
"""Shorter than DISARM_DELAY, which would hide that a copter stands idle; and the way of a plane on its runway."""
_LEAVE_ALONE = frozenset(
    {Cmd.REQUEST_MESSAGE, Cmd.SET_MESSAGE_INTERVAL, Cmd.DO_CHANGE_SPEED, Cmd.DO_SET_HOME, Cmd.DO_SET_ROI}
)
"""Commands that change neither mode nor motors nor target."""
_STEERS = (
    "SET_MODE", "RC_CHANNELS_OVERRIDE", "MANUAL_CONTROL", "MISSION_ITEM", "MISSION_ITEM_INT", "MISSION_SET_CURRENT",
    "SET_POSITION_TARGET_LOCAL_NED", "SET_POSITION_TARGET_GLOBAL_INT", "SET_ATTITUDE_TARGET",
)  # fmt: skip
SLOWS = Land(None, sink=0.0)
_TAKEOFFS = frozenset({Cmd.NAV_TAKEOFF, Cmd.NAV_VTOL_TAKEOFF})
_JUDGED = _TAKEOFFS | {Cmd.DO_SET_MODE, Cmd.COMPONENT_ARM_DISARM, Cmd.DO_REPOSITION}


@dataclass
class Wish:
    """A command that has come. `count`: how often the vehicle had been steered by then, this time included; `fresh`: it
    is no repetition, which may be answered as before without another effect."""

    message: Message
    at_ms: int
    count: int
    fresh: bool


def steered(view: View) -> Memory:
    """How often somebody or something has steered the vehicle in this life (`count`), and last when (`at`)."""
    return view.life.setdefault("steered", {"count": 0, "at": 0})


def _steer(view: View) -> int:
    memory = steered(view)
    memory.update(count=memory["count"] + 1, at=view.now_ms)
    return int(memory["count"])


@noted("COMMAND_LONG", "COMMAND_INT")
def _wished(view: View, message: Message, peer: Peer) -> None:
    if message.command in _LEAVE_ALONE or message.target_system not in (0, view.service.endpoint.system_id):
        return
    count = _steer(view)
    if message.command not in _JUDGED:
        return
    wishes = peer.memory.setdefault(("wishes", message.command), [])
    wishes[:] = [wish for wish in wishes if view.now_ms - wish.at_ms < WAITS_MS]
    wishes.append(Wish(message, view.now_ms, count, not getattr(message, "confirmation", 0)))


@noted(*_STEERS)
def _steered(view: View, message: Message, peer: Peer) -> None:
    _steer(view)


@noted("ModeChanged")
def _mode_changed(view: View, event: ModeChanged, peer: None) -> None:
    view.life.setdefault("steered mode", {})["at"] = view.now_ms
    if event.reason is not ModeReason.GCS_COMMAND:
        _steer(view)


@noted("ArmedChanged")
def _armed_changed(view: View, event: ArmedChanged, peer: None) -> None:
    if event.method is not ArmingMethod.MAVLINK:
        _steer(view)


def granted(view: View, message: Message, peer: Peer) -> Message | None:
    """The command that this COMMAND_ACK accepts, if it is known, and nothing has steered the vehicle since."""
    wishes = peer.memory.get(("wishes", message.command), [])
    if message.result == Result.IN_PROGRESS or not wishes:
        return None
    alone, wish = len(wishes) == 1, wishes.pop(0)
    known = alone and wish.fresh and wish.count == steered(view)["count"]
    return wish.message if known and message.result == Result.ACCEPTED else None


def _int(value: float) -> int:
    return int(value) if isfinite(value) else -1


def _is_mode(view: View, wish: Message) -> str | None:
    wanted = view.firmware.mode_of(view.firmware.custom_of(_int(wish.param2), _int(wish.param3)))
    modes = view.service.autopilot.modes
    return None if modes.number == wanted else f"mode {wanted} was accepted, {modes.spec.name} flies"


def _is_armed(view: View, wish: Message) -> str | None:
    wanted, armed = wish.param1 == 1.0, view.service.autopilot.facts.armed
    return None if armed is wanted else f"{'an arm' if wanted else 'a disarm'} was accepted"


def _end(target: Target) -> tuple[float, ...] | None:
    match target:
        case Leg():
            return target.end
        case Circle(center=place) | Land(position=place):
            return place
        case _:
            return None


def _is_target(view: View, wish: Message) -> str | None:
    autopilot = view.service.autopilot
    target, origin = autopilot.helm.target, autopilot.vehicle.origin
    if autopilot.modes.mode is not autopilot.guided:
        return f"a place was accepted, {autopilot.modes.spec.name} flies"
    if not autopilot.facts.armed or autopilot.facts.grounded or origin is None or is_blind(view):
        return None
    if autopilot.guided.flight.paused:  # by OVERRIDE_GOTO: a new place waits, too
        return None
    if target == SLOWS and autopilot.facts.vehicle_class.has_stall_speed:  # wings that hover at the place, later
        return None
    end = _end(target)
    north, east, _ = to_local(origin, wish.x / 1e7, wish.y / 1e7, origin.alt)
    if end is not None and hypot(end[0] - north, end[1] - east) < 1.0:
        return None
    return f"a place {north:.0f} m north, {east:.0f} m east was accepted, and {target} is flown"


@invariant(When.SENT, COMMANDS, "COMMAND_ACK")
def what_is_accepted_is_done(view: View, message: Message, peer: Peer, frame: bytes) -> str | None:
    """When DO_SET_MODE, COMPONENT_ARM_DISARM or DO_REPOSITION is accepted, and nothing has steered the vehicle since
    it came, the vehicle is in that mode, is armed or disarmed, or flies to that place in GUIDED. Exceptions: a pause
    that holds places, too (OVERRIDE_GOTO); modes and places of a PX4, which shows some modes that it begins later."""
    wish = granted(view, message, peer) if message.command in _JUDGED else None
    if wish is None:
        return None
    if message.command in _TAKEOFFS:
        view.life["takeoff"] = {"at": view.now_ms, "count": steered(view)["count"]}
        return None
    if message.command == Cmd.COMPONENT_ARM_DISARM:
        return _is_armed(view, wish)
    if view.plan.firmware != ARDUPILOT:
        return None
    if message.command == Cmd.DO_SET_MODE:
        return _is_mode(view, wish)
    return _is_target(view, wish) if wish.get_type() == "COMMAND_INT" else None


def is_empty(view: View) -> bool:
    """Has it too little charge to fly?"""
    return float(view.service.vehicle.state.report[report.TRUE_CHARGE]) < 0.1


@invariant(When.PASS, COMMANDS)
def an_accepted_takeoff_lifts_off(view: View) -> str | None:
    """8 s (with wings 40 s) after NAV_TAKEOFF was accepted, or after a takeoff has become the target of an armed
    vehicle, it is in the air, or disarmed, or was steered by somebody or something else since, or its battery is
    empty."""
    autopilot = view.service.autopilot
    contact = bool(view.service.vehicle.state.report.item(report.TRUE_CONTACT))
    stands = autopilot.facts.armed and autopilot.facts.vehicle_class.flies and (contact or autopilot.facts.grounded)
    if not stands:
        view.life.pop("takeoff", None)
        view.life.pop("takes off", None)
        return None
    within_ms = LIFT_OFF_MS if autopilot.facts.vehicle_class.hovers else ROLL_OUT_MS
    count, accepted = steered(view)["count"], view.life.get("takeoff")
    flown = view.life.get("takes off")
    if not isinstance(autopilot.helm.target, TakeOff):
        view.life.pop("takes off", None)
    elif flown is None or flown["count"] != count:
        view.life["takes off"] = {"at": view.now_ms, "count": count}
    since = [each["at"] for each in (accepted, view.life.get("takes off")) if each and each["count"] == count]
    if not since or view.now_ms - min(since) < within_ms or is_empty(view):
        return None
    return f"it stands {view.now_ms - min(since)} ms after its takeoff began, with {autopilot.helm.target}"
