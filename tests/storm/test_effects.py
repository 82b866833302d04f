"""Invariants of what has been accepted: each holds where something may keep the effect away, and breaks elsewhere."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autopilot.context.events import ArmedChanged, ModeChanged
from autopilot.interface import report
from autopilot.interface.geo import GeoPoint
from autopilot.interface.reasons import ArmingMethod, ModeReason
from autopilot.interface.targets import Circle, Hold, Idle, Land, Leg, TakeOff, Target
from autopilot.mav import Cmd, Result
from autopilot.mission.items import MissionItem
from autopilot.mission.state import MissionState
from autopilot.vehicles.kinds import vehicle_class
from mavlink_bridge.firmware.ardupilot import OWN
from mavlink_bridge.wire.codec import dialect
from tests.storm import falls
from tests.storm.invariants import effects, progress
from tests.storm.invariants.effects import LIFT_OFF_MS, an_accepted_takeoff_lifts_off, what_is_accepted_is_done
from tests.storm.invariants.progress import (
    ON_ITS_SIDE_MS,
    STANDS_MS,
    a_place_that_is_flown_to_is_approached,
    a_running_mission_goes_on,
    no_copter_lies_armed_on_its_side,
    who_lands_comes_down,
)
from tests.storm.swarm import ActPlan, StationPlan, StormPlan, VehiclePlan
from tests.storm.view import ARDUPILOT
from tests.storm.world import run

ORIGIN = GeoPoint(-35.0, 149.0, 584.0)


class Scene:
    """A vehicle as the invariants see it, and a station beside it."""

    def __init__(self, kind: str = "copter", mode: str = "GUIDED") -> None:
        self.kind = vehicle_class(kind)
        self.report = np.zeros(report.SIZE)
        self.report[report.TRUE_CHARGE] = 1.0
        self.facts = SimpleNamespace(
            armed=True,
            grounded=False,
            height=20.0,
            vehicle_class=self.kind,
            home_ned=(0.0, 0.0, 0.0),
            param=self._param,
            personality=SimpleNamespace(return_height=lambda goal: None),
        )
        self.vehicle = SimpleNamespace(
            origin=ORIGIN, state=SimpleNamespace(position=(0.0, 0.0, -20.0), report=self.report)
        )
        self.sequencer = SimpleNamespace(
            state=lambda: MissionState.RUNNING, current_item=lambda: MissionItem(Cmd.NAV_WAYPOINT, 3, seq=2)
        )
        speeds = SimpleNamespace(ground=5.0, up=2.5, down=1.5)
        self.autopilot = SimpleNamespace(
            facts=self.facts,
            vehicle=self.vehicle,
            helm=SimpleNamespace(target=Idle(), arrived=False),
            guided=SimpleNamespace(flight=SimpleNamespace(paused=False)),
            auto=SimpleNamespace(executor=SimpleNamespace(maneuver=None)),
            sequencer=self.sequencer,
            speeds=SimpleNamespace(current=lambda: speeds),
            fence=SimpleNamespace(enabled=False, breached=False),
        )
        self.autopilot.modes = SimpleNamespace()
        self.faults: list[Any] = []
        self.parameters: dict[str, float] = {}
        service = SimpleNamespace(
            autopilot=self.autopilot,
            vehicle=self.vehicle,
            endpoint=SimpleNamespace(system_id=1),
            faults=SimpleNamespace(active=self.faults),
            parameters=self.parameters,
        )
        self.view: Any = SimpleNamespace(
            service=service, now_ms=1_000, life={}, kind=kind, firmware=OWN, plan=SimpleNamespace(firmware=ARDUPILOT)
        )
        self.peer: Any = SimpleNamespace(memory={})
        self.enter(mode)

    def _param(self, name: str, default: float = 0.0) -> float:
        return self.parameters.get(name, default)

    def number(self, mode: str) -> int:
        return next(number for number, spec in self.kind.modes.specs.items() if spec.name == mode)

    def enter(self, mode: str) -> None:
        modes, number = self.autopilot.modes, self.number(mode)
        flown = {"GUIDED": self.autopilot.guided, "AUTO": self.autopilot.auto}.get(mode, SimpleNamespace())
        modes.number, modes.spec, modes.mode = number, self.kind.modes.specs[number], flown

    def ask(self, command: int, *params: float, confirmation: int = 0) -> None:
        filled = [*params, *[0.0] * (7 - len(params))]
        message = dialect.MAVLink_command_long_message(1, 1, command, confirmation, *filled)
        effects._wished(self.view, message, self.peer)

    def ask_for_place(self, lat: float, lon: float) -> None:
        place = round(lat * 1e7), round(lon * 1e7), 20.0
        message = dialect.MAVLink_command_int_message(1, 1, 3, Cmd.DO_REPOSITION, 0, 0, -1, 1, 0, 0, *place)
        effects._wished(self.view, message, self.peer)

    def answered(self, command: int, result: Result = Result.ACCEPTED) -> str | None:
        ack = dialect.MAVLink_command_ack_message(command, result, 0, 0, 255, 190)
        return what_is_accepted_is_done(self.view, ack, self.peer, b"")

    def after(self, ms: int, invariant: Any) -> str | None:
        """What an invariant says now and so much later."""
        now: str | None = invariant(self.view)
        self.view.now_ms += ms
        return now or invariant(self.view)


def _of_mode(scene: Scene, mode: str) -> tuple[float, float]:
    return 1.0, float(scene.number(mode))


def test_an_accepted_mode_flies() -> None:
    scene = Scene()
    scene.ask(Cmd.DO_SET_MODE, *_of_mode(scene, "GUIDED"))
    assert scene.answered(Cmd.DO_SET_MODE) is None
    scene.ask(Cmd.DO_SET_MODE, *_of_mode(scene, "LOITER"))
    assert scene.answered(Cmd.DO_SET_MODE) == "mode 5 was accepted, GUIDED flies"


def test_a_mode_of_a_px4_may_be_shown_before_it_flies() -> None:
    """Mission, accepted while it was disarmed and had none (seed 91 of three minutes)."""
    scene = Scene()
    scene.view.plan.firmware = "px4"
    scene.ask(Cmd.DO_SET_MODE, *_of_mode(scene, "AUTO"))
    assert scene.answered(Cmd.DO_SET_MODE) is None


def test_an_accepted_mode_may_have_been_left_since() -> None:
    scene = Scene()
    wish = Cmd.DO_SET_MODE, *_of_mode(scene, "LOITER")
    scene.ask(*wish)
    assert scene.answered(Cmd.DO_SET_MODE, Result.FAILED) is None
    scene.ask(*wish)
    effects._mode_changed(scene.view, ModeChanged(5, ModeReason.GCS_COMMAND), None)
    effects._mode_changed(scene.view, ModeChanged(6, ModeReason.BATTERY_FAILSAFE), None)
    assert scene.answered(Cmd.DO_SET_MODE) is None
    scene.ask(*wish)
    scene.ask(Cmd.NAV_LAND)
    assert scene.answered(Cmd.DO_SET_MODE) is None
    scene.ask(*wish, confirmation=1)
    assert scene.answered(Cmd.DO_SET_MODE) is None, "a repetition is answered as before"
    scene.ask(*wish)
    scene.ask(Cmd.REQUEST_MESSAGE, 148)
    assert scene.answered(Cmd.DO_SET_MODE)


@pytest.mark.parametrize(
    ("wanted", "armed", "wrong"),
    [(1, True, None), (1, False, "an arm was accepted"), (0, False, None), (0, True, "a disarm was accepted")],
)
def test_an_accepted_arm_arms_and_a_disarm_disarms(wanted: int, armed: bool, wrong: str | None) -> None:
    scene = Scene()
    scene.facts.armed = armed
    scene.ask(Cmd.COMPONENT_ARM_DISARM, wanted)
    assert scene.answered(Cmd.COMPONENT_ARM_DISARM, Result.IN_PROGRESS) is None
    assert scene.answered(Cmd.COMPONENT_ARM_DISARM) == wrong
    scene.ask(Cmd.COMPONENT_ARM_DISARM, wanted)
    effects._armed_changed(scene.view, ArmedChanged(armed, ArmingMethod.DISARM_DELAY), None)
    assert scene.answered(Cmd.COMPONENT_ARM_DISARM) is None


def test_an_accepted_place_is_flown_to() -> None:
    scene = Scene()
    scene.autopilot.helm.target = Leg((111.32, 0.0, -20.0))
    scene.ask_for_place(-34.999, 149.0)
    assert scene.answered(Cmd.DO_REPOSITION) is None
    scene.ask_for_place(-34.998, 149.0)
    assert str(scene.answered(Cmd.DO_REPOSITION)).startswith("a place 223 m north, 0 m east was accepted")
    scene.autopilot.helm.target = effects.SLOWS
    scene.ask_for_place(-34.999, 149.0)
    assert "Land" in str(scene.answered(Cmd.DO_REPOSITION)), "only wings that hover slow down before they turn"
    scene.autopilot.helm.target = Land((111.32, 0.0), sink=0.0)
    scene.ask_for_place(-34.999, 149.0)
    assert scene.answered(Cmd.DO_REPOSITION) is None
    scene.autopilot.guided.flight.paused = True
    scene.ask_for_place(-34.998, 149.0)
    assert scene.answered(Cmd.DO_REPOSITION) is None, "OVERRIDE_GOTO holds it"
    scene.autopilot.guided.flight.paused = False
    scene.facts.grounded = True
    scene.ask_for_place(-34.998, 149.0)
    assert scene.answered(Cmd.DO_REPOSITION) is None, "it is told to take off first"
    scene.enter("LOITER")
    scene.ask_for_place(-34.999, 149.0)
    assert scene.answered(Cmd.DO_REPOSITION) == "a place was accepted, LOITER flies"


def _takes_off(scene: Scene, target: Target | None = None) -> str | None:
    scene.facts.grounded = True
    scene.autopilot.helm.target = target or Idle()
    scene.ask(Cmd.NAV_TAKEOFF, 0, 0, 0, 0, 0, 0, 15)
    assert scene.answered(Cmd.NAV_TAKEOFF) is None
    return scene.after(LIFT_OFF_MS, an_accepted_takeoff_lifts_off)


def test_an_accepted_takeoff_has_to_lift_off() -> None:
    assert str(_takes_off(Scene())).startswith("it stands 8000 ms after its takeoff began")
    scene = Scene()
    assert _takes_off(scene, TakeOff(-15.0))
    scene.ask(Cmd.DO_SET_MODE, *_of_mode(scene, "LOITER"))
    assert an_accepted_takeoff_lifts_off(scene.view) is None, "somebody has steered it since"
    scene = Scene()
    scene.report[report.TRUE_CHARGE] = 0.0
    assert _takes_off(scene) is None
    scene = Scene()
    scene.facts.armed = False
    assert _takes_off(scene) is None


def test_a_takeoff_of_a_mission_has_to_lift_off() -> None:
    scene = Scene(mode="AUTO")
    scene.facts.grounded = True
    scene.autopilot.helm.target = TakeOff(-15.0)
    assert scene.after(LIFT_OFF_MS - 1, an_accepted_takeoff_lifts_off) is None
    assert scene.after(1, an_accepted_takeoff_lifts_off)
    scene.facts.grounded = False
    scene.report[report.TRUE_CONTACT] = 1.0
    assert an_accepted_takeoff_lifts_off(scene.view), "the landing detector takes it for flying, on its side"
    scene.report[report.TRUE_CONTACT] = 0.0
    assert an_accepted_takeoff_lifts_off(scene.view) is None
    scene = Scene("plane", "AUTO")
    scene.facts.grounded, scene.autopilot.helm.target = True, TakeOff(-50.0, pitch=0.2)
    assert scene.after(LIFT_OFF_MS, an_accepted_takeoff_lifts_off) is None, "it rolls on its runway"


FLOWN: tuple[Target, ...] = (
    Leg((100.0, 0.0, -20.0)), Circle((0.0, 0.0, -20.0), 50.0, turns=2.0), TakeOff(-40.0), Land((50.0, 0.0))
)  # fmt: skip


@pytest.mark.parametrize("target", FLOWN)
def test_a_mission_that_stands_still_is_seen(target: Target) -> None:
    scene = Scene(mode="AUTO")
    scene.autopilot.helm.target = target
    assert str(scene.after(STANDS_MS, a_running_mission_goes_on)).startswith("item 2 (16) for 60000 ms no closer")
    scene.autopilot.helm.target = Leg((101.0, 0.0, -20.0))
    assert a_running_mission_goes_on(scene.view) is None, "another leg"


def test_a_mission_that_comes_closer_or_begins_another_item_goes_on() -> None:
    scene = Scene(mode="AUTO")
    scene.autopilot.helm.target = Leg((100.0, 0.0, -20.0))
    assert a_running_mission_goes_on(scene.view) is None
    scene.vehicle.state.position = (1.0, 0.0, -20.0)
    assert scene.after(STANDS_MS, lambda view: None) is None
    assert a_running_mission_goes_on(scene.view) is None
    scene.sequencer.current_item = lambda: MissionItem(Cmd.NAV_WAYPOINT, 3, seq=3)
    assert scene.after(STANDS_MS, lambda view: None) is None
    assert a_running_mission_goes_on(scene.view) is None


@pytest.mark.parametrize(
    ("before", "after", "turns"),
    [((0.0, 90.0, -20.0), (0.0, 80.0, -20.0), 0.0), ((0.0, 50.0, -10.0), (0.0, 50.0, -12.0), 0.0),
     ((0.0, 50.0, -20.0), (0.0, 50.0, -20.0), 0.1)],
)  # fmt: skip
def test_a_circle_is_approached_climbed_to_and_flown(before: Any, after: Any, turns: float) -> None:
    scene = Scene(mode="AUTO")
    scene.autopilot.helm.target = Circle((0.0, 0.0, -20.0), 50.0, turns=2.0, at_height=True)
    scene.vehicle.state.position = before
    assert a_running_mission_goes_on(scene.view) is None
    scene.vehicle.state.position, scene.report[report.TURNS] = after, turns
    scene.view.now_ms += STANDS_MS
    assert a_running_mission_goes_on(scene.view) is None
    assert scene.after(STANDS_MS, a_running_mission_goes_on)


def _stands(mode: str = "AUTO") -> Scene:
    scene = Scene(mode=mode)
    scene.autopilot.helm.target = Leg((100.0, 0.0, -20.0))
    return scene


def test_a_mission_may_stand_still_where_something_holds_it() -> None:
    held = [_stands() for _ in range(8)]
    held[0].sequencer.current_item = lambda: MissionItem(Cmd.NAV_LOITER_UNLIM, 3, seq=2)
    held[1].autopilot.auto.executor.maneuver = SimpleNamespace(_paused=True)
    held[2].faults.append(SimpleNamespace(name="gps.loss"))
    held[3].report[report.TRUE_CHARGE] = 0.0
    held[4].autopilot.fence.enabled, held[4].parameters["FENCE_RADIUS"] = True, 15.0
    held[5].facts.grounded = True
    held[6].sequencer.state = lambda: MissionState.COMPLETED
    held[7].autopilot.helm.target = Hold()
    assert [scene.after(STANDS_MS, a_running_mission_goes_on) for scene in held] == [None] * 8
    fenced = _stands()
    fenced.autopilot.fence.enabled, fenced.parameters["FENCE_RADIUS"] = True, 60.0
    assert fenced.after(STANDS_MS, a_running_mission_goes_on)


def test_standing_counts_from_the_end_of_what_held_it() -> None:
    """A rover stood at a fence for 40 minutes; home was set elsewhere, and it was at no fence (198680874520755814)."""
    scene = _stands()
    scene.autopilot.fence.enabled, scene.parameters["FENCE_RADIUS"] = True, 15.0
    assert scene.after(STANDS_MS, a_running_mission_goes_on) is None
    scene.parameters["FENCE_RADIUS"] = 60.0
    assert scene.after(STANDS_MS - 1, a_running_mission_goes_on) is None
    scene.view.now_ms += 1
    assert a_running_mission_goes_on(scene.view)


def test_standing_counts_from_the_end_of_a_pause() -> None:
    scene = _stands()
    scene.autopilot.auto.executor.maneuver = SimpleNamespace(_paused=True)
    assert scene.after(STANDS_MS, a_running_mission_goes_on) is None
    scene.autopilot.auto.executor.maneuver = SimpleNamespace(_paused=False)
    assert scene.after(STANDS_MS - 1, a_running_mission_goes_on) is None
    scene.view.now_ms += 1
    assert a_running_mission_goes_on(scene.view)


@pytest.mark.parametrize("mode", ["GUIDED", "RTL"])
def test_a_place_has_to_be_approached(mode: str) -> None:
    scene = _stands(mode)
    wrong = scene.after(STANDS_MS, a_place_that_is_flown_to_is_approached)
    assert str(wrong).startswith(f"in {mode} for 60000 ms no closer to Leg")
    scene.autopilot.helm.arrived = True
    assert a_place_that_is_flown_to_is_approached(scene.view) is None
    scene.autopilot.helm.arrived = False
    assert a_place_that_is_flown_to_is_approached(scene.view) is None, "it counts anew"
    scene = _stands("AUTO")
    assert scene.after(STANDS_MS, a_place_that_is_flown_to_is_approached) is None, "see the mission"


LONG_MS = 1_000_000


@pytest.mark.parametrize(("kind", "mode"), [("copter", "RTL"), ("copter", "LAND"), ("quadplane", "QLAND")])
def test_who_lands_has_to_come_down(kind: str, mode: str) -> None:
    scene = Scene(kind, mode)
    assert who_lands_comes_down(scene.view) is None
    within_ms = progress._way_down_ms(scene.view)
    assert 90_000 < within_ms < LONG_MS
    scene.view.now_ms += round(within_ms) + 1
    assert str(who_lands_comes_down(scene.view)).endswith(f"in {mode}, 20.0 m up, with Idle(stopped=False)")
    progress._begins_anew(scene.view, ModeChanged(scene.number(mode)), None)
    assert who_lands_comes_down(scene.view) is None, "it counts anew"


def test_who_lands_may_stay_up_where_something_holds_it() -> None:
    held = [Scene(mode="RTL") for _ in range(7)]
    held[0].faults.append(SimpleNamespace(name="gps.loss"))
    held[1].report[report.TRUE_CHARGE] = 0.0
    held[2].parameters["RTL_ALT_FINAL"] = 5.0
    held[3].faults.append(SimpleNamespace(name="motor.disarm"))
    held[4].view.life["sticks"] = {"at": 5}
    held[5].facts.armed = False
    held[6].enter("LOITER")
    assert [scene.after(LONG_MS, who_lands_comes_down) for scene in held] == [None] * 7
    wings = Scene("plane", "RTL")
    assert wings.after(LONG_MS, who_lands_comes_down) is None, "it circles"


def test_a_copter_on_its_side_has_to_be_disarmed() -> None:
    scene = Scene()
    scene.report[[report.TRUE_ROLL, report.TRUE_CONTACT]] = 1.5, 1.0
    assert scene.after(ON_ITS_SIDE_MS, no_copter_lies_armed_on_its_side) == "armed for 15000 ms, lying on its side"
    scene.report[report.TRUE_ROLL] = 0.5
    assert no_copter_lies_armed_on_its_side(scene.view) is None
    for away, index in ((1.5, report.TRUE_ROLL), (0.0, report.TRUE_CONTACT)):
        scene.report[index] = away
        held = scene.after(ON_ITS_SIDE_MS - 1, no_copter_lies_armed_on_its_side)
        assert held is None
    scene.report[[report.TRUE_ROLL, report.TRUE_CONTACT]] = 1.5, 1.0
    assert scene.after(ON_ITS_SIDE_MS - 1, no_copter_lies_armed_on_its_side) is None
    scene.view.life["armed"] = {"at": scene.view.now_ms}
    assert scene.after(ON_ITS_SIDE_MS - 1, no_copter_lies_armed_on_its_side) is None, "it was armed anew"
    scene.facts.armed = False
    assert scene.after(ON_ITS_SIDE_MS, no_copter_lies_armed_on_its_side) is None


def test_a_copter_that_has_fallen_is_told_to_take_off_and_is_not_armed() -> None:
    """A storm found nothing when it was armed on its side (67c3f45f): none had a copter fall."""
    acts = tuple(ActPlan(20_000 + after_ms, 0, what, 1) for after_ms, what in falls._WISHES)
    verdict = run(StormPlan(1, 1.5, (VehiclePlan(),), (StationPlan("MAVProxy"),), acts))
    assert verdict.broken is None, str(verdict.broken)
    assert sum("Leaning" in line for line in verdict.story.lines) == 2


def test_a_share_of_storms_with_a_copter_has_a_fall() -> None:
    for kind, least, most in (("copter", 8, 40), ("rover", 0, 0)):
        plans = [StormPlan(seed, 3.0, (VehiclePlan(kind),), (StationPlan("MAVProxy"),), ()) for seed in range(200)]
        assert least <= sum(bool(falls.with_a_fall(plan).acts) for plan in plans) <= most
