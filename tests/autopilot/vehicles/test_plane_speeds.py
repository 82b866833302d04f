"""Speeds of a plane: of commands, of a mission, of the throttle stick."""

from __future__ import annotations

from functools import partial

import pytest

from autopilot.interface import report
from autopilot.interface.targets import Land, Sticks
from autopilot.mav import Cmd, Result
from autopilot.vehicles.mode_table import PlaneMode
from sitl.vehicles.kinds import make_simulated
from tests.fakes.core_bench import Bench, item, waypoint
from tests.fakes.fake_vehicle import ORIGIN
from tests.fakes.plane_bench import Plane, from_the_ground, landing_mission

M = PlaneMode


def test_speeds_are_told() -> None:
    """By commands and by items (ArduPlane's do_change_speed)."""
    plane = Plane(AIRSPEED_CRUISE=22.0, AIRSPEED_MIN=10.0, AIRSPEED_MAX=30.0)
    told = ["Set airspeed 18 m/s", "Set groundspeed 8", "Set throttle 60"]
    changes = ((0, 18.0, 0.0), (1, 8.0, 0.0), (0, -1.0, 60.0))
    for change in (*changes, (0, -2.0, 0.0)):
        assert plane.core.commands.change_speed(*change).ok
    assert [text for text in plane.texts if text.startswith("Set ")] == told
    plane.mission(*(item(178, param1=kind, param2=speed, param3=by) for kind, speed, by in changes))
    assert plane.core.modes.set(M.AUTO, plane.now_ms).ok
    plane.run(100.0, lambda: plane.core.sequencer.current_nav_index() == 6)
    plane.run(1.0)
    assert [text for text in plane.texts if text.startswith("Set ")] == told * 2


# --- speeds -----------------------------------------------------------------------------------------------------------
def test_an_airspeed_beyond_its_bounds_changes_nothing() -> None:
    plane = Plane(AIRSPEED_CRUISE=22.0, AIRSPEED_MIN=10.0, AIRSPEED_MAX=30.0)
    for speed, then in ((26.0, 26.0), (40.0, 26.0), (5.0, 26.0)):
        plane.core.commands.change_speed(0, speed)
        assert plane.vehicle.speeds.ground == then
    assert plane.core.commands.change_speed(1, 8.0).ok
    assert plane.vehicle.parameters["MIN_GROUNDSPEED"] == 8.0 and plane.vehicle.speeds.ground == 26.0
    assert plane.core.commands.change_speed(3, 4.0).result is Result.FAILED  # TECS_CLMB_MAX bounds the climb
    assert "Speed change: 40 m/s is not an airspeed of this plane" in plane.texts


def test_an_airspeed_of_a_mission_beyond_its_bounds_leaves_the_one_before() -> None:
    """ArduPlane's do_change_speed; it fell back to the cruise speed. The item's throttle is taken then."""
    plane = Plane(AIRSPEED_CRUISE=22.0, AIRSPEED_MIN=10.0, AIRSPEED_MAX=30.0)
    speeds = (item(Cmd.DO_CHANGE_SPEED, param2=26.0, param3=30.0), item(Cmd.DO_CHANGE_SPEED, param2=40.0, param3=55.0))
    plane.mission(*speeds, item(Cmd.DO_CHANGE_SPEED, param2=5.0, param3=60.0))
    assert plane.core.modes.set(M.AUTO, plane.now_ms).ok
    for throttle in (55.0, 60.0):
        plane.run(60.0, partial(lambda of_item: plane.vehicle.parameters["TRIM_THROTTLE"] == of_item, throttle))
        plane.run(1.0)
        assert plane.vehicle.parameters["TRIM_THROTTLE"] >= throttle  # the next item may follow at once
        assert plane.core.sequencer.mission_speed() == 26.0
        assert plane.vehicle.speeds.ground == 26.0


def test_a_throttle_is_that_of_cruise() -> None:
    """DO_CHANGE_SPEED without a speed, by command and as an item: TRIM_THROTTLE (ArduPlane's test DO_CHANGE_SPEED)."""
    plane = Plane()
    assert plane.core.commands.change_speed(3, 0.0, 97.0).ok
    assert plane.vehicle.parameters["TRIM_THROTTLE"] == 97.0
    assert not plane.core.commands.change_speed(3, 0.0, 101.0).ok
    plane.mission(item(Cmd.DO_CHANGE_SPEED, param1=0.0, param2=-1.0, param3=60.0))
    assert plane.core.modes.set(M.AUTO, plane.now_ms).ok
    plane.run(60.0, lambda: plane.vehicle.parameters["TRIM_THROTTLE"] == 60.0)
    assert plane.vehicle.parameters["TRIM_THROTTLE"] == 60.0


def test_a_speed_is_given_back() -> None:
    """-2 m/s of airspeed: the default; 0 over ground: no least (ArduPlane's do_change_speed, its test of it)."""
    plane = Plane(AIRSPEED_CRUISE=22.0, AIRSPEED_MIN=10.0, AIRSPEED_MAX=30.0)
    for kind, speed in ((0, 26.0), (1, 18.0), (0, -2.0), (1, 0.0)):
        assert plane.core.commands.change_speed(kind, speed).ok
    assert plane.vehicle.speeds.ground == 22.0
    assert plane.vehicle.parameters["MIN_GROUNDSPEED"] == 0.0


@pytest.mark.parametrize(("speed", "least"), [(0.0, 0.0), (-2.0, 12.0), (-1.0, 18.0)])
def test_an_item_gives_a_ground_speed_back(speed: float, least: float) -> None:
    """0: no least, as by command and in ArduPlane; -2: the parameter's; -1: no change."""
    plane = Plane(MIN_GROUNDSPEED=12.0)
    plane.mission(*(item(Cmd.DO_CHANGE_SPEED, param1=1.0, param2=told, param3=-1.0) for told in (18.0, speed)))
    assert plane.core.modes.set(M.AUTO, plane.now_ms).ok
    plane.run(100.0, lambda: plane.core.sequencer.current_nav_index() == 5)
    plane.run(1.0)
    assert plane.vehicle.parameters["MIN_GROUNDSPEED"] == least


def test_what_a_mission_has_told_of_speeds_ends_with_its_landing() -> None:
    """ArduPlane's type_slope_verify_land; the next flight had the least ground speed of the one before."""
    told = (item(Cmd.DO_CHANGE_SPEED, param1=1.0, param2=18.0), item(Cmd.DO_CHANGE_SPEED, param2=-1.0, param3=60.0))
    out, *back = landing_mission(start=False)
    bench = from_the_ground(out, *told, *back, MIN_GROUNDSPEED=12.0, TRIM_THROTTLE=45.0)
    bench.run(400.0, lambda: isinstance(bench.vehicle.target, Land))
    flown = bench.vehicle.parameters
    assert (flown["MIN_GROUNDSPEED"], flown["TRIM_THROTTLE"]) == (18.0, 60.0)
    bench.run(100.0, lambda: bench.core.facts.landed)
    assert (flown["MIN_GROUNDSPEED"], flown["TRIM_THROTTLE"]) == (12.0, 45.0)


# --- modes ------------------------------------------------------------------------------------------------------------


def test_a_raised_throttle_adds_airspeed_in_some_modes_only() -> None:
    """THROTTLE_NUDGE: not in CIRCLE, GUIDED and AVOID_ADSB (ArduPlane's allows_throttle_nudging, and
    calc_airspeed_errors for GUIDED). ArduPilot's FenceNoFenceReturnPoint circles so."""
    bench = Bench("plane", vehicle=make_simulated("plane", ORIGIN, 0.0, 7), parameters={"AIRSPEED_MAX": 30.0})
    bench.run(30.0, lambda: bench.core.prearm.ok)
    bench.upload([item(Cmd.NAV_TAKEOFF, up=60.0), waypoint(3000, 0, 60)])
    assert bench.core.modes.set(M.AUTO, bench.now_ms).ok
    bench.arm()
    bench.run(60.0, lambda: bench.core.sequencer.current_nav_index() == 2)
    bench.core.sticks.hear_radio(Sticks(throttle=1.0))
    flown = {}
    for mode in (M.LOITER, M.GUIDED, M.CIRCLE, M.LOITER, M.GUIDED):
        assert bench.core.modes.set(mode, bench.now_ms).ok
        bench.parameters.set("THROTTLE_NUDGE", 0.0)
        bench.parameters.set("THROTTLE_NUDGE", 1.0)
        bench.run(30.0)
        flown[mode] = float(bench.vehicle.state.report[report.AIR_SPEED])
    assert flown[M.LOITER] == pytest.approx(30.0, abs=0.7)
    assert flown[M.GUIDED] == pytest.approx(22.0, abs=0.7)
    assert flown[M.CIRCLE] == pytest.approx(22.0, abs=0.7)
