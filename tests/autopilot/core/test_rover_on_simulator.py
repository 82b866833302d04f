"""The core drives the simulated rover, in virtual time: every mode, and lines 43 to 45 of the catalogue."""

from __future__ import annotations

from math import pi

import numpy as np
import pytest

from autopilot.interface import report as R
from autopilot.interface.geo import GeoPoint, to_global
from autopilot.interface.targets import Sticks, Yaw, YawMode
from autopilot.mav import Result
from autopilot.mission.sequencer import MissionState
from tests.fakes import rover_core
from tests.fakes.core_bench import Bench, item, waypoint
from tests.fakes.fake_vehicle import ORIGIN
from tests.fakes.rover_core import (
    ACRO,
    AUTO,
    CIRCLE,
    GUIDED,
    HOLD,
    LOITER,
    MANUAL,
    ROUND,
    RTL,
    SIMPLE,
    SMART_RTL,
    STEERING,
    Traits,
    arrive,
    away,
    driven,
    driving,
    place,
    ready,
    speed,
)


@pytest.fixture(params=rover_core.KINDS, autouse=True)
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Traits:
    """Every test is driven by each kind that drives."""
    monkeypatch.setattr(rover_core, "chosen", request.param)
    return rover_core.KINDS[request.param]


# --- AUTO ---------------------------------------------------------------------------------------------------------
def test_a_mission_is_driven_to_its_end_with_few_wake_ups(kind: Traits) -> None:
    """docs/catalogue.md, 43: DriveMission."""
    bench = driven()
    assert bench.reached == [1, 2, 3]
    assert "Mission Complete" in bench.texts
    bench.run(5.0 + kind.coasts_s)
    assert away(bench, 0, 30) < 2.0
    assert abs(speed(bench)) < 0.05
    assert bench.updates < 260  # the trail looks twice a second


def test_by_ticks_it_is_the_same_drive() -> None:
    one, other = driven(), driven(by_tick=True)
    assert other.log == one.log
    assert other.position == one.position


def test_it_stands_within_the_radius_while_it_holds() -> None:
    """A hold of 4 s begins on arrival and keeps the vehicle within 2 m."""
    bench = ready()
    bench.begin((waypoint(25, 0, 0, param1=6.0), waypoint(50, 0, 0)))
    arrive(bench)
    begin = bench.now_ms
    farthest = 0.0
    while not bench.reached:
        bench.run(0.1)
        farthest = max(farthest, away(bench, 25, 0))
    assert farthest < 2.1
    assert bench.now_ms - begin == pytest.approx(6000, abs=120)


@pytest.mark.parametrize(("behaviour", "mode"), [(0, AUTO), (1, AUTO), (2, ACRO), (3, MANUAL)])
def test_the_end_is_a_parameter(behaviour: int, mode: int) -> None:
    """docs/catalogue.md, 43: EndMissionBehavior: whatever the mode, the rover comes to rest."""
    bench = driven(MIS_DONE_BEHAVE=behaviour)
    assert bench.core.modes.number == mode
    bench.run(15.0)
    assert abs(speed(bench)) < 0.05
    if behaviour < 2:
        assert away(bench, 0, 30) < 2.2


def test_mission_start_enters_auto_from_manual() -> None:
    """docs/catalogue.md, 44: MAV_CMD_MISSION_START."""
    bench = driving(MANUAL)
    bench.upload(ROUND)
    assert bench.core.mission_commands.start(bench.now_ms).ok
    assert bench.core.modes.number == AUTO
    bench.run(60.0, lambda: 1 in bench.reached)
    assert 1 in bench.reached


@pytest.mark.parametrize("limit", [0.1, 0.2])
def test_a_slow_vehicle_drives_too(limit: float) -> None:
    """Also from rest to a place behind it. Its reference waited for it, and it stood for ever."""
    bench = ready(WP_SPEED=limit)
    bench.begin((waypoint(-4, 2, 0),))
    bench.run(100.0, lambda: bench.reached == [1])
    assert bench.reached == [1]


def test_change_speed_is_driven_within_half_a_metre_a_second(kind: Traits) -> None:
    """docs/catalogue.md, 44: MAV_CMD_DO_CHANGE_SPEED, as item and as command."""
    bench = ready()
    bench.begin((waypoint(5, 0, 0), item(178, param2=kind.fast), waypoint(150, 0, 0)))
    bench.run(60.0, lambda: 1 in bench.reached)
    bench.run(8.0)
    assert speed(bench) == pytest.approx(kind.fast, abs=0.5)
    assert bench.core.commands.change_speed(0, kind.slower).ok
    bench.run(5.0)
    assert speed(bench) == pytest.approx(kind.slower, abs=0.5)


@pytest.mark.parametrize("backwards", [False, True])
def test_the_throttle_stick_drives_faster_on_the_way_but_never_slower(backwards: bool) -> None:
    """Rover/mode.cpp, calc_speed_nudge: in the direction of the way only."""
    bench = ready()
    bench.begin((item(194, param1=float(backwards)), waypoint(-300 if backwards else 300, 0, 0)))
    bench.run(20.0)
    full = 0.0 if backwards else 1.0
    for throttle in (0.4, 0.6, full, 0.5):
        for _ in range(25):
            bench.core.sticks.move(Sticks(throttle=throttle), bench.now_ms)
            bench.run(0.5)
        if throttle == full:
            assert abs(speed(bench)) > 2.4
        else:
            assert abs(speed(bench)) == pytest.approx(2.0, abs=0.3)


def test_the_throttle_stick_adds_nothing_to_a_circle() -> None:
    """ModeCircle has a speed of its own."""
    bench = driving(CIRCLE, CIRC_SPEED=1.5)
    bench.core.sticks.move(Sticks(throttle=1.0), bench.now_ms)
    assert bench.core.speeds.current().ground == 1.5


def test_set_mission_current_drives_there_and_17_of_3_is_denied() -> None:
    """docs/catalogue.md, 45: MAV_CMD_DO_SET_MISSION_CURRENT."""
    bench = ready()
    bench.begin(ROUND)
    bench.run(3.0)
    assert bench.core.mission_commands.set_current(3).ok
    assert bench.core.mission_commands.set_current(17).result is Result.DENIED
    bench.run(60.0, lambda: bool(bench.reached))
    assert bench.reached == [3]
    assert away(bench, 0, 30) < 2.2


def test_reverse_is_driven_backwards_until_it_is_taken_back() -> None:
    """DO_SET_REVERSE in the mission, in force on the legs behind it."""
    bench = ready()
    bench.begin((waypoint(15, 0, 0), item(194, param1=1.0), waypoint(15, 40, 0), item(194), waypoint(15, 70, 0)))
    bench.run(60.0, lambda: 1 in bench.reached)
    bench.run(12.0)
    assert speed(bench) < -1.5
    bench.run(60.0, lambda: 3 in bench.reached)
    bench.run(12.0)
    assert speed(bench) > 1.5
    bench.run(60.0, lambda: bench.core.sequencer.state() is MissionState.COMPLETED)
    assert bench.reached == [1, 3, 5]


def test_loiter_turns_and_times_are_driven() -> None:
    bench = driven((item(18, 20, 0, 0, param1=1.0, param3=6.0), item(19, 30, 20, 0, param1=3.0), waypoint(0, 20, 0)))
    assert bench.reached == [1, 2, 3]


def test_auto_goes_on_after_another_mode() -> None:
    """Held in between, the mission resumes with the same item."""
    bench = ready()
    bench.begin(ROUND)
    bench.run(60.0, lambda: 1 in bench.reached)
    assert bench.core.modes.set(HOLD, bench.now_ms).ok
    bench.run(10.0)
    assert abs(speed(bench)) < 0.05
    assert bench.core.modes.set(AUTO, bench.now_ms).ok
    bench.run(100.0, lambda: bench.core.sequencer.state() is MissionState.COMPLETED)
    assert bench.reached == [1, 2, 3]


# --- GUIDED -------------------------------------------------------------------------------------------------------
def test_guided_drives_to_a_place_and_stops_there() -> None:
    bench = driving()
    there = to_global(ORIGIN, (20.0, -15.0, 0.0))
    assert bench.core.commands.reposition(GeoPoint(there.lat, there.lon, there.alt), bench.now_ms).ok
    arrive(bench)
    bench.run(8.0)
    assert away(bench, 20, -15) < 1.0
    assert abs(speed(bench)) < 0.05


def test_a_guided_velocity_turns_the_nose_and_ends_when_not_renewed(kind: Traits) -> None:
    bench = driving()
    for _ in range(8):
        bench.core.commands.guided_target(velocity=(0.0, -2.0, 0.0))
        bench.run(1.0)
    assert speed(bench) == pytest.approx(2.0, abs=0.3)
    assert bench.vehicle.state.yaw == pytest.approx(-pi / 2.0, abs=0.15)
    bench.run(8.0 + kind.coasts_s)
    assert abs(speed(bench)) < 0.05


def test_a_guided_velocity_against_a_demanded_heading_is_driven_backwards() -> None:
    bench = driving()
    for _ in range(4):
        bench.core.commands.guided_target(velocity=(-1.0, 0.0, 0.0), yaw=Yaw(YawMode.ANGLE, angle=0.0))
        bench.run(1.0)
    assert speed(bench) == pytest.approx(-1.0, abs=0.3)
    assert bench.vehicle.state.yaw == pytest.approx(0.0, abs=0.15)
    for _ in range(4):
        bench.core.commands.guided_target(velocity=(-1.0, 0.0, 0.0), yaw=Yaw(YawMode.RATE, rate=0.3))
        bench.run(1.0)
    assert speed(bench) == pytest.approx(-1.0, abs=0.3)
    assert bench.vehicle.state.yaw == pytest.approx(4 * 0.3, abs=0.4)


def test_guided_reverse_drives_to_places_backwards() -> None:
    bench = driving()
    assert bench.core.commands.set_reverse(True).ok
    bench.core.commands.guided_target(position=(-20.0, 0.0, 0.0))
    bench.run(6.0)
    assert speed(bench) < -1.5
    arrive(bench)


def test_pause_stops_and_continue_goes_on(kind: Traits) -> None:
    bench = driving()
    bench.core.commands.guided_target(position=(40.0, 0.0, 0.0))
    bench.run(6.0)
    assert bench.core.mission_commands.pause().ok
    bench.run(5.0 + kind.coasts_s)
    assert abs(speed(bench)) < 0.05
    assert bench.core.mission_commands.resume().ok
    arrive(bench)
    assert away(bench, 40, 0) < 2.2


def test_what_only_flies_is_refused() -> None:
    """Takeoff and landing are nothing for wheels, and harm nothing."""
    bench = driving()
    assert bench.core.commands.takeoff(10.0).result is Result.UNSUPPORTED
    assert bench.core.commands.land(bench.now_ms).result is Result.UNSUPPORTED
    bench.run(1.0)


# --- coming back --------------------------------------------------------------------------------------------------
def gone(bench: Bench) -> None:
    """Round a corner, 30 m north and 30 m east."""
    for north, east in ((30.0, 0.0), (30.0, 30.0)):
        bench.core.commands.guided_target(position=(north, east, 0.0))
        arrive(bench)


def test_rtl_drives_straight_home_and_stops() -> None:
    """docs/catalogue.md, 43: DriveRTL."""
    bench = driving()
    gone(bench)
    assert bench.core.commands.return_to_launch(bench.now_ms).ok
    nearest = 1e9
    for _ in range(60):
        bench.run(1.0)
        nearest = min(nearest, away(bench, 30, 0))
    assert nearest > 15.0  # not by way of the corner
    assert away(bench, 0, 0) < 2.0
    assert abs(speed(bench)) < 0.05
    assert bench.texts.count("Reached destination") == 1
    assert bench.core.facts.armed


def test_smart_rtl_goes_back_the_way_it_came() -> None:
    bench = driving()
    gone(bench)
    assert bench.core.modes.set(SMART_RTL, bench.now_ms).ok
    nearest = 1e9
    for _ in range(80):
        bench.run(1.0)
        nearest = min(nearest, away(bench, 30, 0))
    assert nearest < 2.5
    assert away(bench, 0, 0) < 2.0
    assert abs(speed(bench)) < 0.05
    assert bench.texts.count("Reached destination") == 1


def test_smart_rtl_interrupted_goes_on_with_what_is_left() -> None:
    bench = driving()
    gone(bench)
    assert bench.core.modes.set(SMART_RTL, bench.now_ms).ok
    bench.run(60.0, lambda: away(bench, 30, 0) < 2.2)
    bench.run(4.0)
    assert bench.core.modes.set(HOLD, bench.now_ms).ok
    bench.run(6.0)
    assert bench.core.modes.set(SMART_RTL, bench.now_ms).ok
    bench.run(60.0)
    assert away(bench, 0, 0) < 2.0


def test_smart_rtl_is_driven_backwards_to_its_end_where_it_is_told() -> None:
    """DO_SET_REVERSE counts for each leg; only the one on which it came was driven so."""
    bench = driving()
    gone(bench)
    assert bench.core.modes.set(SMART_RTL, bench.now_ms).ok
    assert bench.core.commands.set_reverse(True).ok
    bench.run(60.0, lambda: away(bench, 30, 0) < 2.2)
    bench.run(8.0)
    assert speed(bench) < -1.5


def test_smart_rtl_without_a_trail_is_refused() -> None:
    bench = driving(SRTL_POINTS=0)
    assert bench.core.modes.set(SMART_RTL, bench.now_ms).result is Result.FAILED
    assert "Mode change to SMART_RTL failed: no path to return by" in bench.texts


# --- modes of the sticks, and standing ----------------------------------------------------------------------------
@pytest.mark.parametrize("mode", [HOLD, LOITER])
def test_it_stops_and_stays(mode: int, kind: Traits) -> None:
    bench = driving()
    bench.core.commands.guided_target(position=(60.0, 0.0, 0.0))
    bench.run(8.0)
    assert bench.core.modes.set(mode, bench.now_ms).ok
    bench.run(10.0 + kind.coasts_s)
    before = place(bench)
    bench.run(30.0)
    assert away(bench, *before) < 0.05


@pytest.mark.parametrize(("mode", "drives"), [(LOITER, True), (HOLD, False), (GUIDED, None)])
def test_loiter_keeps_its_place_and_hold_does_not(mode: int, drives: bool | None, kind: Traits) -> None:
    """The receiver's position slides 3.9 m north, which is beyond LOIT_RADIUS: LOITER drives as far back south, and so
    does GUIDED of a boat without a target (ArduRover's start_loiter)."""
    drives = kind.coasts_s > 0.0 if drives is None else drives
    bench = driving(mode)
    bench.run(2.0)
    north, east = place(bench)
    for step in range(1, 8):
        bench.parameters.set("SIM_GPS_GLITCH_X", 0.5e-5 * step)
        bench.run(1.0)
    bench.run(15.0)
    n, e = place(bench)
    assert (-6.0 < n - north < -1.5) is drives
    assert abs(e - east) < 1.0


@pytest.mark.parametrize(("north", "to_east", "to_north"), [(0, 0.0, -28.0), (1, 28.0, 0.0)])
def test_simple_drives_where_the_sticks_point(north: int, to_east: float, to_north: float, kind: Traits) -> None:
    """As seen along the heading at arming, to the east, or northwards; how far they are moved is the speed."""
    bench = driving(HOLD, heading=90.0, SIMPLE_TYPE=north, CRUISE_SPEED=2.0, CRUISE_THROTTLE=50)
    assert bench.core.modes.set(SIMPLE, bench.now_ms).ok
    bench.run(3.0)
    assert away(bench, 0, 0) < 0.5
    for _ in range(30):
        bench.core.sticks.move(Sticks(roll=0.5), bench.now_ms)
        bench.run(0.5)
    n, e = place(bench)
    assert (n, e) == pytest.approx((to_north, to_east), abs=4.0)
    assert speed(bench) == pytest.approx(2.0, abs=0.3)
    bench.core.sticks.move(Sticks(), bench.now_ms)
    bench.run(4.0 + kind.coasts_s)
    assert abs(speed(bench)) < 0.1


@pytest.mark.parametrize(("how", "slides", "backwards"), [(0, 1.0, True), (1, 1.0, False), (2, -1.0, True)])
def test_loiter_reaches_its_place_as_its_type_has_it(how: int, slides: float, backwards: bool) -> None:
    """LOIT_TYPE 1: never backwards, also to a place behind; 2: always, also to one ahead (Rover/mode_loiter.cpp)."""
    bench = driving(LOITER, LOIT_TYPE=how)
    bench.run(2.0)
    way = 0.0
    for step in range(100):
        bench.parameters.set("SIM_GPS_GLITCH_X", slides * 0.05e-5 * min(step, 58))
        bench.run(0.2)
        way += 0.2 * speed(bench)
        if abs(speed(bench)) > 0.4:
            break
    assert (way < 0.0) is backwards
    bench.run(30.0)
    assert abs(speed(bench)) < 0.1


@pytest.mark.parametrize(("way", "expected"), [(0, 1.0), (1, -1.0)])
def test_circle_drives_round_where_it_was_entered(way: int, expected: float, kind: Traits) -> None:
    """CIRC_RADIUS, CIRC_SPEED and CIRC_DIR; another mode has the speed of the parameters again."""
    bench = driving(CIRC_RADIUS=8, CIRC_SPEED=kind.slower, CIRC_DIR=way, WP_SPEED=kind.fast)
    assert bench.core.modes.set(CIRCLE, bench.now_ms).ok
    bench.run(25.0)
    centre = (0.0, 0.0)
    for _ in range(20):
        bench.run(1.0)
        assert away(bench, *centre) == pytest.approx(8.0, abs=0.6)
    assert speed(bench) == pytest.approx(kind.slower, abs=0.4)
    assert np.sign(bench.vehicle.state.report[R.R]) == expected
    assert bench.core.modes.set(GUIDED, bench.now_ms).ok
    bench.core.commands.guided_target(position=(100.0, 0.0, 0.0))
    bench.run(12.0)
    assert speed(bench) == pytest.approx(kind.fast, abs=0.5)


def test_steering_holds_the_speed_of_the_stick_and_turns_both_ways(kind: Traits) -> None:
    bench = driving(STEERING)
    for roll, throttle in ((0.0, 0.8), (0.2, 0.8), (-0.2, 0.8), (0.0, 0.2)):
        for _ in range(int(6 + kind.reverses_s)):
            bench.core.sticks.move(Sticks(roll=roll, throttle=throttle), bench.now_ms)
            bench.run(1.0)
        wanted = 4.0 * (abs(2.0 * throttle - 1.0) - 0.06) / 0.94 * (1.0 if throttle > 0.5 else -1.0)
        assert speed(bench) == pytest.approx(wanted, abs=0.3)
        turning = float(bench.vehicle.state.report[R.R])
        assert (turning > 0.2) if roll > 0 else (turning < -0.2) if roll < 0 else (abs(turning) < 0.1)


def test_manual_gives_the_sticks_to_the_wheels() -> None:
    bench = driving(MANUAL)
    bench.core.sticks.move(Sticks(roll=1.0, throttle=0.6), bench.now_ms)
    bench.run(1.0)
    r = bench.vehicle.state.report
    assert r[R.SERVO_1] == pytest.approx(2000.0)
    assert r[R.SERVO_1 + 2] > 1500.0
    bench.run(1.0)
    assert speed(bench) > 0.3


def test_acro_turns_at_the_rate_of_the_stick() -> None:
    bench = driving(ACRO)
    for _ in range(5):
        bench.core.sticks.move(Sticks(roll=0.25, throttle=0.75), bench.now_ms)
        bench.run(1.0)
    assert float(bench.vehicle.state.report[R.R]) == pytest.approx(pi * 0.25, abs=0.15)


def test_reverse_ends_with_the_mode_but_not_with_a_pause_of_the_mission() -> None:
    """As ArduPilot: GUIDED, RTL and SMART_RTL begin forwards; AUTO goes on as it was, unless it begins anew."""
    bench = ready()
    bench.begin((item(194, param1=1.0), waypoint(-60, 0, 0), waypoint(-60, 10, 0)))
    bench.run(8.0)
    assert speed(bench) < -1.5
    bench.core.modes.set(HOLD, bench.now_ms)
    bench.run(6.0)
    bench.core.modes.set(AUTO, bench.now_ms)
    bench.run(6.0)
    assert speed(bench) < -1.5
    bench.core.modes.set(RTL, bench.now_ms)
    bench.run(10.0)
    assert speed(bench) > 0.5
    bench.run(60.0)
    assert away(bench, 0, 0) < 2.0
