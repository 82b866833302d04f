"""Who flies to a place comes there: missions go on, targets are approached, who lands comes down and disarms."""

from __future__ import annotations

from math import cos, hypot, radians, tau
from typing import Any

from autopilot.interface import report
from autopilot.interface.targets import Circle, Land, Leg, TakeOff
from autopilot.mav import Cmd
from autopilot.mission.state import MissionState
from tests.storm.invariant import When, invariant, noted
from tests.storm.invariants.effects import is_empty
from tests.storm.packages import COMMAND
from tests.storm.view import Peer, View, is_blind

STANDS_MS, CLOSER_M = 60_000, 0.5
_ENDLESS = frozenset({Cmd.NAV_LOITER_UNLIM, COMMAND.command})
FENCE_M = 20.0
"""From the fence, in which AVOID_ENABLE may slow a vehicle until it stands."""


def remaining_m(view: View) -> float | None:
    """How far it is to the end of what the vehicle flies, m. None: it has no end."""
    autopilot = view.service.autopilot
    north, east, down = autopilot.vehicle.state.position
    target: Any = autopilot.helm.target
    if isinstance(target, Leg):
        above = down - target.end[2] if autopilot.facts.vehicle_class.flies and target.over_ground is None else 0.0
        return hypot(target.end[0] - north, target.end[1] - east, above)
    if isinstance(target, TakeOff):
        return abs(down - target.down)
    if isinstance(target, Land):
        place = target.position or (north, east)
        return hypot(place[0] - north, place[1] - east) + autopilot.facts.height if target.sink != 0.0 else None
    if isinstance(target, Circle) and target.turns is not None:
        away = hypot(target.center[0] - north, target.center[1] - east) - target.radius
        high = abs(down - target.center[2]) if target.at_height else 0.0
        return max(away, 0.0) + high - tau * target.radius * float(view.service.vehicle.state.report[report.TURNS])
    return None


def _stands_ms(view: View, name: str, key: object, *, paused: bool = False) -> int:
    """For how long nothing has come closer, under this name, to what `key` names and to what is flown; counted from the
    end of what held the vehicle (a pause, `_may_stand`)."""
    remains, target = remaining_m(view), view.service.autopilot.helm.target
    memory = view.life.setdefault(name, {})
    known = memory and memory["key"] == key and memory["target"] == target
    if not known or remains is None or remains < memory["least"] - CLOSER_M or paused or _may_stand(view):
        memory.update(key=key, target=target, least=remains, at=view.now_ms)
    return int(view.now_ms - memory["at"]) if remains is not None else 0


def at_a_fence(view: View) -> bool:
    """May a fence hold it where it is?"""
    autopilot, parameters = view.service.autopilot, view.service.parameters
    home = autopilot.facts.home_ned
    north, east, _ = autopilot.vehicle.state.position
    if not autopilot.fence.enabled or "FENCE_RADIUS" not in parameters:
        return False
    return autopilot.fence.breached or hypot(north - home[0], east - home[1]) > parameters["FENCE_RADIUS"] - FENCE_M


def _may_stand(view: View) -> bool:
    """Is there what keeps any vehicle from its goal: no position, no charge, no fence that lets it pass?"""
    return is_blind(view) or is_empty(view) or at_a_fence(view)


@invariant(When.PASS, "seed 001, Update Tick")
def a_running_mission_goes_on(view: View) -> str | None:
    """A vehicle in AUTO that is flying or driving its mission has come closer to the end of what it flies, or has
    begun another item, within the last minute. Exceptions: an item without an end, a pause, no position, an empty
    battery, a fence."""
    autopilot = view.service.autopilot
    if not autopilot.facts.armed or autopilot.modes.mode is not autopilot.auto or autopilot.facts.grounded:
        view.life.pop("mission", None)
        return None
    item = autopilot.sequencer.current_item()
    if autopilot.sequencer.state() is not MissionState.RUNNING or item is None or item.command in _ENDLESS:
        view.life.pop("mission", None)
        return None
    paused = getattr(autopilot.auto.executor.maneuver, "_paused", False)
    stood_ms = _stands_ms(view, "mission", (item.seq, item.command), paused=paused)
    if stood_ms < STANDS_MS:
        return None
    return f"item {item.seq} ({item.command}) for {stood_ms} ms no closer, with {autopilot.helm.target}"


@invariant(When.PASS, "docs/reference/ground-stations.md, 3.2")
def a_place_that_is_flown_to_is_approached(view: View) -> str | None:
    """A vehicle that flies or drives to a place outside AUTO (in GUIDED, RTL, ..) is there, or has come closer within
    the last minute. Exceptions: a pause, no position, an empty battery, a fence."""
    autopilot = view.service.autopilot
    moves = autopilot.facts.armed and not autopilot.facts.grounded and not autopilot.helm.arrived
    if not moves or autopilot.modes.mode is autopilot.auto:
        view.life.pop("approach", None)
        return None
    stood_ms = _stands_ms(view, "approach", autopilot.modes.number)
    if stood_ms < STANDS_MS:
        return None
    return f"in {autopilot.modes.spec.name} for {stood_ms} ms no closer to {autopilot.helm.target}"


_DOWN = frozenset({"LAND", "QLAND", "QRTL"})
_RALLY_M, _RALLY_HIGH_M, _SLACK_MS = 150.0, 35.0, 30_000
"""Distance of a rally point from home, its height, and what a landing may take beside its ways."""


@noted("ParameterChanged", "HomeChanged", "ModeChanged", "ArmedChanged")
def _begins_anew(view: View, event: object, peer: Peer | None) -> None:
    view.life.pop("comes down", None)


@noted("COMMAND_LONG", "COMMAND_INT")
def _changes_speed(view: View, message: Any, peer: Peer) -> None:
    if message.command == Cmd.DO_CHANGE_SPEED:
        view.life.pop("comes down", None)


def _way_down_ms(view: View) -> float:
    """One and a half times what its way home and down takes at its speeds, ms, and a little more."""
    autopilot = view.service.autopilot
    facts, speeds = autopilot.facts, autopilot.speeds.current()
    north, east, _ = autopilot.vehicle.state.position
    home, high_m, away_m, waits_ms = facts.home_ned, max(facts.height, 0.0), 0.0, 0.0
    if "RTL" in autopilot.modes.spec.name:
        away_m = hypot(north - home[0], east - home[1]) + _RALLY_M
        own_m = facts.personality.return_height((home[0], home[1], 0.0)) or 0.0
        high_m = max(high_m, facts.param("RTL_ALT") / 100.0, facts.param("Q_RTL_ALT"), own_m, _RALLY_HIGH_M)
        waits_ms = facts.param("RTL_LOIT_TIME", 5_000.0)
    landing_mps = max(facts.param("LAND_SPEED", 50.0) / 100.0, 0.3)
    way_s = high_m / speeds.up + away_m / speeds.ground + high_m / min(speeds.down, 1.0) + 12.0 / landing_mps
    return 1_500.0 * way_s + waits_ms + _SLACK_MS


def _comes_down(view: View) -> bool:
    name = view.service.autopilot.modes.spec.name
    return name in _DOWN or (name == "RTL" and view.kind == "copter")


@invariant(When.PASS, "docs/reference/mission-semantics.md, 5")
def who_lands_comes_down(view: View) -> str | None:
    """A vehicle that hovers, in LAND, QLAND or QRTL, and a copter in RTL, is disarmed within one and a half times the
    time that its way home and down takes at its speeds, and half a minute. Exceptions: sticks, no position, an empty
    battery, RTL_ALT_FINAL, a motor that cannot be stopped."""
    autopilot = view.service.autopilot
    if not autopilot.facts.armed or not _comes_down(view):
        view.life.pop("comes down", None)
        return None
    memory = view.life.setdefault("comes down", {})
    if not memory:
        memory.update(at=view.now_ms, due=view.now_ms + _way_down_ms(view))
    if view.now_ms < memory["due"] or is_blind(view) or is_empty(view) or autopilot.facts.param("RTL_ALT_FINAL") > 0.0:
        return None
    if view.life.get("sticks", {}).get("at") or any(
        fault.name.startswith("motor") for fault in view.service.faults.active
    ):
        return None
    stood = f"{view.now_ms - memory['at']} ms in {autopilot.modes.spec.name}"
    return f"{stood}, {autopilot.facts.height:.1f} m up, with {autopilot.helm.target}"


ON_ITS_SIDE, ON_ITS_SIDE_MS = cos(radians(60.0)), 15_000
"""The time is longer than DISARM_DELAY."""


@invariant(When.PASS, "docs/reference/ground-stations.md, 1.6")
def no_copter_lies_armed_on_its_side(view: View) -> str | None:
    """A copter that lies on the ground, more than 60 degrees from upright, is disarmed after 15 s."""
    if view.kind != "copter" or not view.service.autopilot.facts.armed:
        view.life.pop("lies", None)
        return None
    state = view.service.vehicle.state.report
    upright = cos(state.item(report.TRUE_ROLL)) * cos(state.item(report.TRUE_PITCH))
    if upright > ON_ITS_SIDE or not state.item(report.TRUE_CONTACT):
        view.life.pop("lies", None)
        return None
    armed_ms = view.life.get("armed", {}).get("at", 0)
    since = max(view.life.setdefault("lies", {"at": view.now_ms})["at"], armed_ms)
    return None if view.now_ms - since < ON_ITS_SIDE_MS else f"armed for {view.now_ms - since} ms, lying on its side"
