"""Ways home of a plane: RTL, AUTOLAND, and the course of the takeoff that it keeps."""

from __future__ import annotations

from math import cos, degrees, radians, sin

import pytest

from autopilot.interface import report as R
from autopilot.interface.geo import to_global
from autopilot.interface.targets import Circle, Land, TakeOff
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import Cmd
from autopilot.modes.wing_modes import TakeoffCourse
from autopilot.vehicles.mode_table import PlaneMode
from sitl.vehicles.kinds import make_simulated
from tests.fakes.core_bench import Bench, item
from tests.fakes.fake_vehicle import ORIGIN
from tests.fakes.plane_bench import Plane, landing_mission

M = PlaneMode


def test_an_rtl_item_is_the_mode_rtl() -> None:
    """ArduPlane's start_command; it begins at the cruise airspeed, and AUTO goes on with the item."""
    plane = Plane(AIRSPEED_CRUISE=22.0, AIRSPEED_MIN=10.0, AIRSPEED_MAX=30.0)
    plane.mission(item(Cmd.DO_CHANGE_SPEED, param2=26.0), item(Cmd.NAV_RETURN_TO_LAUNCH))
    assert plane.core.modes.set(M.AUTO, plane.now_ms).ok
    for _ in range(2):
        plane.run(200.0, lambda: plane.core.modes.number == M.RTL)
        assert plane.core.sequencer.current_nav_index() == 4
        assert isinstance(plane.vehicle.target, Circle) and plane.vehicle.target.center[0] == pytest.approx(
            0.0, abs=1.0
        )
        assert plane.vehicle.speeds.ground == 22.0
        assert plane.core.modes.set(M.AUTO, plane.now_ms).ok


def test_autoland_comes_down_along_the_takeoffs_heading() -> None:
    plane = Plane(AUTOLAND_WP_DIST=400.0, AUTOLAND_WP_ALT=55.0)
    plane.core.facts.landing_course = radians(90.0)
    assert plane.core.modes.set(M.AUTOLAND, plane.now_ms).ok
    circle = plane.vehicle.target
    assert isinstance(circle, Circle) and circle.at_height
    assert circle.center[1] == pytest.approx(-400.0, abs=1.0) and circle.center[2] == pytest.approx(-55.0)
    plane.run(200.0, lambda: plane.vehicle.target.leave_for is not None)
    plane.run(200.0, lambda: isinstance(plane.vehicle.target, Land))
    slope = plane.vehicle.target
    assert slope.approach == pytest.approx((0.0, -400.0, -55.0), abs=1.0) and slope.position == (0.0, 0.0)
    plane.run(200.0, lambda: not plane.core.facts.armed)
    assert not plane.core.facts.armed
    assert plane.core.modes.set(M.MANUAL, plane.now_ms).ok
    assert not plane.core.modes.set(M.AUTOLAND, plane.now_ms).ok, "it stands on the ground"


@pytest.mark.parametrize(("options", "course"), [(0.0, 60.0), (1.0, 0.0)])
def test_the_course_after_the_takeoff_is_noted(options: float, course: float) -> None:
    """With AUTOLAND_DIR_OFF and the text of ArduPlane; AUTOLAND_OPTIONS bit 0: the heading at arming. Not in LOITER."""
    bench = Bench("plane", parameters={"AUTOLAND_DIR_OFF": 15.0, "AUTOLAND_OPTIONS": options})
    assert bench.core.modes.set(M.LOITER, bench.now_ms).ok
    state, facts = bench.vehicle.state, bench.core.facts
    noted = TakeoffCourse(facts, bench.core.announcer, lambda: bench.core.modes.number)
    noted.armed_changed(True, bench.now_ms)
    if not options:
        state.report[R.VN], state.report[R.VE] = 20.0 * cos(radians(45.0)), 20.0 * sin(radians(45.0))
        noted.handle_events(VehicleEvent.LIFTOFF, bench.now_ms)
        noted.update(bench.now_ms)
        assert facts.landing_course is None
        assert bench.core.modes.set(M.FBWA, bench.now_ms).ok
        noted.update(bench.now_ms + 200)
    assert facts.landing_course == pytest.approx(radians(course))
    assert bench.texts[-1].startswith("Autoland direction= ")


def test_autoland_needs_the_course_of_a_takeoff() -> None:
    """Its failsafe returns instead, as in ArduPlane; it landed in the heading at arming."""
    plane = Plane(BATT_FS_LOW_ACT=7.0)
    plane.core.facts.landing_course = None
    assert not plane.core.modes.set(M.AUTOLAND, plane.now_ms).ok
    assert "Takeoff initial direction not set" in plane.texts
    plane.vehicle.raise_event(VehicleEvent.BATTERY_LOW)
    plane.run(1.0)
    assert plane.core.modes.number == M.RTL


def test_autoland_climbs_first_where_it_is_told() -> None:
    """AUTOLAND_CLIMB: straight ahead, before it turns."""
    plane = Plane(AUTOLAND_CLIMB=90.0)
    assert plane.core.modes.set(M.AUTOLAND, plane.now_ms).ok
    climb = plane.vehicle.target
    assert isinstance(climb, TakeOff) and climb.down == pytest.approx(-90.0, abs=0.1)
    plane.run(60.0, lambda: isinstance(plane.vehicle.target, Circle))
    assert isinstance(plane.vehicle.target, Circle)


def test_autoland_is_flown_in_the_takeoffs_course_and_its_offset() -> None:
    """On the simulator, as ArduPilot's AutoLandMode: taken off to 173 degrees, it lands to 218, near home."""
    params = {"AUTOLAND_DIR_OFF": 45.0, "AUTOLAND_CLIMB": 100.0, "TKOFF_ALT": 50.0}
    bench = Bench("plane", vehicle=make_simulated("plane", ORIGIN, 173.0, 7), parameters=params)
    bench.run(30.0, lambda: bench.core.prearm.ok)
    assert bench.core.modes.set(M.TAKEOFF, bench.now_ms).ok
    bench.arm()
    bench.run(60.0, lambda: bench.core.helm.arrived)
    assert any(text.startswith("Autoland direction= 21") for text in bench.texts)
    assert bench.core.modes.set(M.AUTOLAND, bench.now_ms).ok
    bench.run(60.0, lambda: isinstance(bench.core.helm.target, Circle))
    assert bench.core.facts.height > 95.0
    bench.run(400.0, lambda: not bench.core.facts.armed)
    assert not bench.core.facts.armed
    north, east, _ = bench.vehicle.state.position
    assert (north * north + east * east) ** 0.5 < 35.0
    assert degrees(bench.vehicle.state.yaw) % 360.0 == pytest.approx(218.0, abs=5.0)


def test_rtl_climbs_first_where_it_is_told() -> None:
    """RTL_CLIMB_MIN: so far straight ahead, before it turns home."""
    plane = Plane(RTL_CLIMB_MIN=30.0)
    here = plane.vehicle.state.position[2]
    assert plane.core.modes.set(M.RTL, plane.now_ms).ok
    climb = plane.vehicle.target
    assert isinstance(climb, TakeOff) and climb.down == pytest.approx(here - 30.0, abs=0.1)
    plane.run(60.0, lambda: isinstance(plane.vehicle.target, Circle))
    assert isinstance(plane.vehicle.target, Circle)


@pytest.mark.parametrize(("height", "climbs"), [(120.0, True), (40.0, False)])
def test_rtl_climbs_to_its_height_before_it_turns_where_it_is_told(height: float, climbs: bool) -> None:
    """FLIGHT_OPTIONS, CLIMB_BEFORE_TURN: it goes before RTL_CLIMB_MIN (ArduPlane's mode_rtl.cpp)."""
    plane = Plane(FLIGHT_OPTIONS=16.0, RTL_CLIMB_MIN=10.0, RTL_ALTITUDE=height)
    assert plane.core.modes.set(M.RTL, plane.now_ms).ok
    target = plane.vehicle.target
    assert isinstance(target, TakeOff) is climbs
    if isinstance(target, TakeOff):
        assert target.down == pytest.approx(-height, abs=0.1)
        plane.run(60.0, lambda: isinstance(plane.vehicle.target, Circle))
    assert isinstance(plane.vehicle.target, Circle)


@pytest.mark.parametrize(("north", "direction"), [(200.0, -1), (-200.0, 1)], ids=["left", "right"])
def test_autoland_circles_on_the_side_where_it_is(north: float, direction: int) -> None:
    """Into the final approach it turns by less than half a circle, whose radius is a third of the approach at most."""
    plane = Plane(AUTOLAND_WP_DIST=150.0, WP_LOITER_RAD=80.0)
    plane.core.facts.landing_course = radians(90.0)
    plane.vehicle.put((north, 0.0, -80.0))
    assert plane.core.modes.set(M.AUTOLAND, plane.now_ms).ok
    circle = plane.vehicle.target
    assert isinstance(circle, Circle) and circle.direction == direction
    assert circle.radius == pytest.approx(50.0, abs=0.1)
    assert circle.center[:2] == pytest.approx((-50.0 * direction, -150.0), abs=0.2)


@pytest.mark.parametrize(("setting", "lands"), [(0, False), (1, True), (2, True)])
def test_rtl_joins_the_landing_as_it_is_told(setting: int, lands: bool) -> None:
    plane = Plane(RTL_AUTOLAND=float(setting), RTL_ALTITUDE=80.0)
    plane.upload(landing_mission())
    assert plane.core.modes.set(M.RTL, plane.now_ms).ok
    plane.run(1.0)
    assert (plane.core.modes.number == M.AUTO) is (setting == 2)
    plane.run(120.0)
    assert (plane.core.modes.number == M.AUTO) is lands
    assert ("Landing sequence start" in plane.texts) is lands
    if lands:
        assert plane.core.sequencer.current_nav_index() >= 4
    else:
        assert plane.vehicle.target.center[2] == pytest.approx(-80.0)


@pytest.mark.parametrize(("setting", "times"), [(0, 0), (1, 1), (2, 1), (4, 0)])
def test_rtl_tells_once_that_there_is_no_landing(setting: int, times: int) -> None:
    """If RTL_AUTOLAND wants one; the mission goes nowhere near one."""
    plane = Plane(RTL_AUTOLAND=float(setting), RTL_ALTITUDE=80.0)
    plane.mission()
    assert plane.core.modes.set(M.RTL, plane.now_ms).ok
    plane.run(120.0)
    assert plane.core.modes.number == M.RTL
    assert plane.texts.count("Unable to start landing sequence") == times


def test_a_mission_that_does_not_land_ends_in_rtl() -> None:
    plane = Plane()
    plane.mission()
    assert plane.core.modes.set(M.AUTO, plane.now_ms).ok
    plane.run(300.0, lambda: plane.core.modes.number == M.RTL)
    assert plane.core.modes.number == M.RTL
    assert "Mission complete, changing mode to RTL" in plane.texts


def test_rtl_goes_on_to_the_landing_within_ten_metres_of_its_height() -> None:
    """RTL_AUTOLAND 1 (ArduPlane's ModeRTL::navigate); it waited for the last five, which weak wings may never reach."""
    bench = Bench("plane", vehicle=make_simulated("plane", ORIGIN, 0.0, 7), parameters={"RTL_AUTOLAND": 1})
    bench.run(30.0, lambda: bench.core.prearm.ok)
    bench.upload(landing_mission())
    assert bench.core.modes.set(M.AUTO, bench.now_ms).ok
    bench.arm()
    bench.run(60.0, lambda: bench.core.sequencer.current_nav_index() == 2)
    assert bench.core.modes.set(M.RTL, bench.now_ms).ok
    bench.run(120.0, lambda: bench.core.modes.number == M.AUTO)
    assert bench.core.modes.number == M.AUTO
    assert 89.0 < bench.core.facts.height < 93.0


def test_a_changed_radius_is_flown_at_once_in_rtl() -> None:
    """RTL_RADIUS, and WP_LOITER_RAD where that is 0 (ArduPlane's ModeRTL::navigate); also by the circle after a
    climb."""
    plane = Plane(RTL_CLIMB_MIN=30.0, WP_LOITER_RAD=70.0)
    assert plane.core.modes.set(M.RTL, plane.now_ms).ok
    plane.parameters.set("WP_LOITER_RAD", 90.0)
    assert isinstance(plane.vehicle.target, TakeOff)
    plane.run(60.0, lambda: isinstance(plane.vehicle.target, Circle))
    for name, value, flown in (
        ("RTL_ALTITUDE", 90.0, 90.0),
        ("RTL_RADIUS", -120.0, -120.0),
        ("WP_LOITER_RAD", 80.0, -120.0),
        ("RTL_RADIUS", 0.0, 80.0),
        ("WP_LOITER_RAD", -60.0, -60.0),
    ):
        plane.parameters.set(name, value)
        plane.run(1.0)
        circle = plane.vehicle.target
        assert isinstance(circle, Circle)
        assert circle.radius * circle.direction == flown


def test_rtl_turns_to_a_home_that_is_set_on_the_way() -> None:
    """Plane::set_home: by a command, not by an item."""
    plane = Plane()
    assert plane.core.modes.set(M.RTL, plane.now_ms).ok
    plane.run(1.0)
    place = to_global(ORIGIN, (0.0, 500.0, 0.0))
    for by_item, east in ((True, 0.0), (False, 500.0)):
        assert plane.core.home.set(place, by_item=by_item).ok
        plane.run(1.0)
        circle = plane.vehicle.target
        assert isinstance(circle, Circle)
        assert circle.center[:2] == pytest.approx((0.0, east), abs=1.0)
