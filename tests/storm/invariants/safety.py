"""Arming, motors, modes, and the end of every flight."""

from __future__ import annotations

from math import hypot, isfinite

import numpy as np

from autopilot.context.events import ArmedChanged, HomeChanged, ModeChanged
from autopilot.interface import report
from autopilot.interface.reasons import ArmingMethod, ModeReason
from autopilot.interface.targets import TakeOff
from autopilot.mav import Cmd
from tests.storm.invariant import When, Where, invariant, noted
from tests.storm.packages import MODE
from tests.storm.station import Message, Station
from tests.storm.view import ARDUPILOT, LOOK_MS, Peer, View, is_blind

ARMING_MS = 150_000
"""From a request to the motors: pre-arm checks, RESETs, a countdown of a minute at most."""
_ASKING = frozenset({Cmd.COMPONENT_ARM_DISARM, Cmd.USER_1, Cmd.MISSION_START, Cmd.NAV_TAKEOFF})
RELIABILITY = "docs/reliability.md, Storms"


@invariant(When.END, RELIABILITY, where=Where.BOTH)
def every_vehicle_is_down_at_the_end(view: View, rescuer: Station) -> str | None:
    """Within 30 minutes after the last fault, an operator with a good link has landed and disarmed the vehicle."""
    if view.process is None:
        return "no process runs"
    facts = view.service.autopilot.facts
    return None if not facts.armed else f"still armed in {view.service.autopilot.modes.spec.name}"


@noted("COMMAND_LONG", "COMMAND_INT", "SET_MODE")
def _wish(view: View, message: Message, peer: Peer) -> None:
    wishes = view.life.setdefault("wishes", {})
    wishes["command"] = view.now_ms
    if message.get_type() != "SET_MODE" and message.command in _ASKING:
        wishes["arm"] = view.now_ms


@noted("RC_CHANNELS_OVERRIDE", "MANUAL_CONTROL", "MISSION_ITEM", "MISSION_SET_CURRENT", "MISSION_ITEM_INT")
def _sticks(view: View, message: Message, peer: Peer) -> None:
    wishes = view.life.setdefault("wishes", {})
    wishes["command"] = view.now_ms
    if not message.get_type().startswith("MISSION"):
        wishes["sticks"] = view.now_ms


@noted("HEARTBEAT")
def _heard(view: View, message: Message, peer: Peer) -> None:
    if int(view.service.parameters["SYSID_MYGCS"]) in (0, peer.station.system):
        view.life.setdefault("station", {})["at"] = view.now_ms


@invariant(When.EVENT, RELIABILITY, "ArmedChanged", where=Where.BOTH)
def no_vehicle_arms_without_a_request(view: View, event: ArmedChanged) -> str | None:
    """The vehicle arms only within 150 s of a request, the longest time that arming takes."""
    wishes = view.life.get("wishes", {})
    view.life.setdefault("armed", {})["at"] = view.now_ms
    if not event.armed:
        return None
    asked = max(wishes.get("arm", -ARMING_MS), wishes.get("sticks", -ARMING_MS))
    return None if view.now_ms - asked < ARMING_MS else f"armed by {event.method.name} without a request"


_MAY_STOP_IN_THE_AIR = frozenset(
    {ArmingMethod.CRASH, ArmingMethod.TERMINATION, ArmingMethod.FAILSAFE_TERMINATE, ArmingMethod.FENCE_BREACH}
)


@noted("COMMAND_LONG", "COMMAND_INT")
def _stop(view: View, message: Message, peer: Peer) -> None:
    if message.command == Cmd.DO_FLIGHTTERMINATION:
        view.life.setdefault("wishes", {})["stop"] = view.now_ms


@invariant(When.EVENT, "seed 002, State Machine", "ArmedChanged")
def motors_do_not_stop_in_the_air(view: View, event: ArmedChanged) -> str | None:
    """A flying vehicle does not disarm at 3 m or more above home, except after a crash or by flight termination,
    also by DO_FLIGHTTERMINATION."""
    facts = view.service.autopilot.facts
    if event.armed or not facts.vehicle_class.flies or event.method in _MAY_STOP_IN_THE_AIR:
        return None
    state = view.service.vehicle.state.report
    height = float(state[report.ALT]) - view.home.alt
    stopped = view.life.get("wishes", {}).get("stop") == view.now_ms
    if height < 3.0 or facts.landed or is_blind(view) or stopped:
        return None
    return f"disarmed by {event.method.name} {height:.1f} m up"


@noted("ArmedChanged")
def _armed_or_not(view: View, event: ArmedChanged, peer: Peer | None) -> None:
    view.life["running"] = {"at": view.now_ms, "told": event.armed}


@invariant(When.PASS, "seed 002, State Machine")
def motors_stop_after_a_disarm(view: View) -> str | None:
    """Half a second after disarming, the motors have no thrust."""
    if any(fault.name.startswith("gps") for fault in view.service.faults.active):
        view.life["blind"] = {"was": True}
    if view.service.autopilot.facts.armed:
        view.life.setdefault("running", {"told": True})["at"] = view.now_ms
        return None
    since_ms = view.now_ms - view.life.get("running", {"at": view.now_ms})["at"]
    throttle = float(view.service.vehicle.state.report[report.THROTTLE])
    return (
        None
        if since_ms < 500 + LOOK_MS or throttle <= 0.0
        else f"throttle {throttle:.2f}, {since_ms} ms after the disarm"
    )


@invariant(When.EVENT, "docs/reference/ground-stations.md, 3.1", "ModeChanged")
def a_mode_change_is_requested(view: View, event: ModeChanged) -> str | None:
    """A mode change with the reason GCS_COMMAND follows a command within 60 s, plus FM_COUNTDOWN."""
    if event.reason is not ModeReason.GCS_COMMAND or view.plan.firmware != ARDUPILOT:  # PX4 asks for Hold itself
        return None
    asked = view.life.get("wishes", {}).get("command", -60_000)
    counts_ms = 1000 * view.service.parameters["FM_COUNTDOWN"] if "FM_COUNTDOWN" in view.service.parameters else 0
    return None if view.now_ms - asked < 60_000 + counts_ms else "without a request"


@invariant(When.EVENT, "docs/reference/ground-stations.md, 3.4", "ModeChanged")
def a_mode_is_one_of_its_kind(view: View, event: ModeChanged) -> str | None:
    """Every mode is a mode of this kind of vehicle, or of an installed package."""
    view.storm.story.meet("mode", str(event.number), event.reason.name)
    of_package = view.storm.plan.package and event.number == MODE.number
    return None if of_package or event.number in view.vehicle_class.modes.specs else f"mode {event.number}"


@invariant(When.EVENT, "docs/reference/ground-stations.md, 1.5", "HomeChanged")
def home_is_on_earth(view: View, event: HomeChanged) -> str | None:
    """Home is finite, and within 5 km of where the vehicle was switched on."""
    home = view.service.autopilot.facts.home
    if home is None:
        return None
    away = hypot(home.lat - view.home.lat, home.lon - view.home.lon) * 111_320.0
    return None if isfinite(home.alt) and (away < 5_000.0 or is_blind(view)) else f"home {home}"


@invariant(When.PASS, "docs/reliability.md, Long runs")
def the_state_is_finite(view: View) -> str | None:
    """Position, speed and attitude are finite numbers."""
    state = view.service.vehicle.state.report
    return None if bool(np.isfinite(state[report.LAT : report.R + 1]).all()) else "the state holds NaN"


@invariant(When.PASS, RELIABILITY)
def no_vehicle_flies_away(view: View) -> str | None:
    """No vehicle is 400 m or more above home, unless it was in a mode with a direct throttle since it stood, or 5 km or
    more away from it, unless it was in a mode whose course is the pilot's: without one nobody holds it there. Also not
    400 m or more above where a VTOL takeoff, which climbs from where it begins, ends."""
    state, autopilot = view.service.vehicle.state.report, view.service.autopilot
    by_hand, spec, target = view.life.setdefault("by hand", {}), autopilot.modes.spec, autopilot.helm.target
    if spec.manual_throttle:
        by_hand["height"] = by_hand["course"] = True
    elif spec.pilot and not spec.position:
        by_hand["course"] = True
    elif autopilot.facts.landed:
        by_hand.clear()
    if view.kind == "quadplane" and isinstance(target, TakeOff):
        by_hand["up"] = max(by_hand.get("up", 0.0), -target.down)
    if is_blind(view):
        return None
    high = float(state[report.ALT]) - view.home.alt
    away = hypot(float(state[report.LAT]) - view.home.lat, float(state[report.LON]) - view.home.lon) * 111_320.0
    keeps_height = high < 400.0 + by_hand.get("up", 0.0) or "height" in by_hand
    keeps_place = away < 5_000.0 or "course" in by_hand
    return None if keeps_height and keeps_place else f"{high:.0f} m up, {away:.0f} m away"


@invariant(When.START, "docs/reliability.md, State")
def a_start_flies_nowhere(view: View, stored: object) -> str | None:
    """After a start the vehicle is disarmed, and no mission runs."""
    autopilot = view.service.autopilot
    if autopilot.facts.armed:
        return "armed at the start"
    return "the mission runs at the start" if autopilot.sequencer.state().name == "RUNNING" else None
