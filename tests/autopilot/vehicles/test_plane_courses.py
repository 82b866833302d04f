"""Courses of a plane: takeoffs, landings, go-arounds, loiters, and the modes that fly them."""

from __future__ import annotations

import re
from dataclasses import replace
from math import atan2, degrees, hypot, nan, radians

import pytest

from autopilot.control.heading import wrap
from autopilot.interface import report
from autopilot.interface.geo import METRES_PER_DEGREE
from autopilot.interface.targets import Circle, Land, Leg, Sticks, TakeOff
from autopilot.mav import Cmd, Frame
from autopilot.mission.items import MissionItem
from autopilot.modes.mission_voice import MissionVoice
from autopilot.vehicles.mode_table import PlaneMode
from sitl.vehicles.kinds import make_simulated
from tests.fakes.core_bench import Bench, item, waypoint
from tests.fakes.fake_vehicle import ORIGIN
from tests.fakes.plane_bench import Plane, from_the_ground, landing_mission
from tests.fakes.terrain import Floats, map_of

M = PlaneMode


# --- takeoff, landing, loiters ----------------------------------------------------------------------------------------
def test_a_mission_from_takeoff_to_disarming() -> None:
    """The takeoff has a pitch, the landing begins its slope at the waypoint before it, and the motor stops
    LAND_DISARMDELAY after it."""
    bench = from_the_ground(*landing_mission(), LAND_DISARMDELAY=20.0, RTL_AUTOLAND=2.0)
    bench.run(1.0)
    run = bench.vehicle.target
    assert isinstance(run, TakeOff) and run.pitch == pytest.approx(radians(4.0)) and run.down == pytest.approx(-50.0)
    bench.run(400.0, lambda: isinstance(bench.vehicle.target, Land))
    slope = bench.vehicle.target
    assert isinstance(slope, Land) and slope.approach is not None
    assert slope.approach == pytest.approx((-600.0, 0.0, -40.0), abs=1.0)
    assert (*(slope.position or ()), slope.down) == pytest.approx((-20.0, 0.0, 0.0), abs=1.0)
    bench.run(100.0, lambda: bench.core.facts.landed)
    bench.run(19.0)
    assert bench.core.facts.armed
    bench.run(3.0)
    assert not bench.core.facts.armed
    assert "Auto disarmed" in bench.texts


@pytest.mark.parametrize(("start", "behind", "goes_on_at"), [(True, (), 4), (False, (), 3), (True, (30,), 6)])
def test_a_go_around_climbs_and_lands_again(start: bool, behind: tuple[int, ...], goes_on_at: int) -> None:
    """From DO_LAND_START on, from the place before, or by a CONTINUE_AND_CHANGE_ALT behind the landing."""
    more = [item(command, up=120.0, param1=1.0) for command in behind]
    bench = from_the_ground(*landing_mission(start=start), *more, RTL_AUTOLAND=2.0)
    assert not bench.core.mission_commands.go_around().ok, "nothing to abort"
    bench.run(400.0, lambda: isinstance(bench.vehicle.target, Land))
    bench.run(5.0)
    assert bench.core.modes.mode.is_landing
    assert bench.core.mission_commands.go_around().ok
    climb = bench.vehicle.target
    assert isinstance(climb, TakeOff) and climb.down == pytest.approx(-50.0)  # as high as the takeoff
    assert climb.yaw.angle == pytest.approx(0.0, abs=0.01)  # along the approach, north
    assert not bench.core.modes.mode.is_landing
    bench.run(60.0, lambda: bench.core.sequencer.current_nav_index() == goes_on_at)
    assert bench.core.sequencer.current_nav_index() == goes_on_at


@pytest.mark.parametrize("start", [True, False])
def test_a_mission_that_is_left_in_its_landing_goes_on_with_the_approach(start: bool) -> None:
    """ArduPlane's ModeAuto::_exit; it went on with a slope from wherever it was."""
    bench = from_the_ground(*landing_mission(start=start), RTL_AUTOLAND=2.0)
    bench.run(400.0, lambda: isinstance(bench.vehicle.target, Land))
    bench.run(5.0)
    assert bench.core.modes.set(M.LOITER, bench.now_ms).ok
    assert bench.core.sequencer.current_nav_index() == 3
    assert any(text.startswith("Restarted landing") for text in bench.texts)
    assert bench.core.modes.set(M.AUTO, bench.now_ms).ok
    assert isinstance(bench.vehicle.target, Leg)


def test_a_land_start_with_nothing_behind_it_is_no_way_to_land_again() -> None:
    """The place before the landing is; ArduPlane's restart_landing_sequence tries one after the other."""
    bench = from_the_ground(*landing_mission(start=False), item(Cmd.DO_LAND_START, -300.0, 0.0, 40.0), RTL_AUTOLAND=2.0)
    bench.run(400.0, lambda: isinstance(bench.vehicle.target, Land))
    bench.run(5.0)
    assert bench.core.modes.set(M.LOITER, bench.now_ms).ok
    assert bench.core.sequencer.current_nav_index() == 3
    assert "Restarted landing sequence at waypoint 3" in bench.texts


@pytest.mark.parametrize(("told", "by_item", "climbs_to"), [(35.0, 70.0, 35.0), (0.0, 70.0, 70.0)])
def test_a_go_around_climbs_as_high_as_it_is_told(told: float, by_item: float, climbs_to: float) -> None:
    """DO_GO_AROUND's param1, m above home (ArduPlane's trigger_land_abort), or else that of NAV_LAND."""
    *way, land = landing_mission(start=False)
    bench = from_the_ground(*way, replace(land, param1=by_item))
    bench.run(400.0, lambda: isinstance(bench.vehicle.target, Land))
    bench.run(5.0)
    assert bench.core.mission_commands.go_around(told).ok
    climb = bench.vehicle.target
    assert isinstance(climb, TakeOff) and climb.down == pytest.approx(-climbs_to)


@pytest.mark.parametrize("allowed", [0.0, 1.0])
def test_full_throttle_aborts_a_landing_where_it_may(allowed: float) -> None:
    bench = from_the_ground(*landing_mission(), LAND_ABORT_THR=allowed, RTL_AUTOLAND=2.0)
    bench.run(400.0, lambda: isinstance(bench.vehicle.target, Land))
    bench.core.sticks.move(Sticks(throttle=1.0), bench.now_ms)
    assert isinstance(bench.vehicle.target, TakeOff) is bool(allowed)


@pytest.mark.parametrize(
    ("number", "changes", "expected"),
    [
        (Cmd.NAV_LOITER_TURNS, {"param1": 2.0, "param3": -120.0}, {"turns": 2.0, "radius": 120.0, "direction": -1}),
        (Cmd.NAV_LOITER_TO_ALT, {"param2": 90.0}, {"at_height": True, "radius": 90.0, "direction": 1}),
        (Cmd.NAV_LOITER_UNLIM, {"param3": -1.0}, {"direction": -1, "leave_for": None}),
    ],
)
def test_a_loiter_is_left_towards_the_next_place(
    number: int, changes: dict[str, float], expected: dict[str, object]
) -> None:
    plane = Plane()
    plane.mission(item(number, 300.0, 400.0, 90.0, **changes))
    assert plane.core.modes.set(M.AUTO, plane.now_ms).ok
    plane.run(200.0, lambda: isinstance(plane.vehicle.target, Circle))
    circle = plane.vehicle.target
    assert isinstance(circle, Circle)
    assert {name: getattr(circle, name) for name in expected} == expected
    if number != Cmd.NAV_LOITER_UNLIM:
        plane.run(200.0, lambda: plane.vehicle.target.leave_for is not None)
        circle = plane.vehicle.target
        assert circle.leave_for == pytest.approx((300.0, 300.0, -50.0), abs=1.0)


@pytest.mark.parametrize(("param4", "straight"), [(0.0, False), (1.0, True), (-1.0, False), (nan, False)])
def test_a_circle_is_left_straight_by_a_param4_above_0_alone(param4: float, straight: bool) -> None:
    """As in ArduPilot and PX4; one below 0 counted too."""
    plane = Plane()
    plane.mission(item(Cmd.NAV_LOITER_TURNS, 300.0, 400.0, 50.0, param1=1.0, param4=param4))
    assert plane.core.modes.set(M.AUTO, plane.now_ms).ok
    plane.run(300.0, lambda: plane.core.sequencer.current_nav_index() == 4)
    start = plane.vehicle.target.start
    assert start is None if straight else start == pytest.approx((300.0, 400.0, -50.0), abs=1.0)


@pytest.mark.parametrize(
    ("own", "usual", "expected"),
    [(0.0, 0.0, 60.0), (1.0, -1.0, 60.0), (-1.0, 80.0, 80.0), (0.0, 2.0, 2.0), (90.0, 0.0, 90.0)],
)
def test_a_radius_too_small_to_be_flown_is_the_usual_one(own: float, usual: float, expected: float) -> None:
    """param2 of LOITER_TO_ALT up to 1 m: WP_LOITER_RAD; that up to 1 m: its default (ArduPlane's update_loiter)."""
    plane = Plane(WP_LOITER_RAD=usual)
    plane.mission(item(Cmd.NAV_LOITER_TO_ALT, 300.0, 400.0, 90.0, param2=own))
    assert plane.core.modes.set(M.AUTO, plane.now_ms).ok
    plane.run(200.0, lambda: isinstance(plane.vehicle.target, Circle))
    assert plane.vehicle.target.radius == expected


@pytest.mark.parametrize("number", [Cmd.NAV_LOITER_UNLIM, Cmd.NAV_LOITER_TURNS, Cmd.NAV_LOITER_TIME])
@pytest.mark.parametrize(("own", "direction"), [(0.0, -1), (120.0, 1), (-120.0, -1)])
def test_the_usual_circle_has_its_usual_direction(number: int, own: float, direction: int) -> None:
    """WP_LOITER_RAD below 0 is counter-clockwise, for an item without a radius too (ArduPlane's update_loiter)."""
    if number == Cmd.NAV_LOITER_TIME and own > 0.0:
        direction = -1  # its radius is always the usual one
    plane = Plane(WP_LOITER_RAD=-80.0)
    plane.mission(item(number, 300.0, 400.0, 50.0, param1=1.0, param3=own))
    assert plane.core.modes.set(M.AUTO, plane.now_ms).ok
    plane.run(200.0, lambda: isinstance(plane.vehicle.target, Circle))
    assert plane.vehicle.target.direction == direction


def test_a_usual_circle_too_is_above_the_highest_ground_on_it() -> None:
    """A step of 30 m between its centre and its edge."""
    plane = Plane(WP_LOITER_RAD=80.0)

    def step(lat: Floats, lon: Floats) -> Floats:
        return ORIGIN.alt + 30.0 * ((lat - ORIGIN.lat) * METRES_PER_DEGREE > 340.0) + 0.0 * lon

    plane.core.facts.terrain.ground = map_of(step, ORIGIN)
    plane.mission(replace(item(Cmd.NAV_LOITER_TURNS, 300.0, 400.0, 50.0, param1=1.0), frame=Frame.GLOBAL_TERRAIN_ALT))
    assert plane.core.modes.set(M.AUTO, plane.now_ms).ok
    plane.run(200.0, lambda: isinstance(plane.vehicle.target, Circle))
    assert plane.vehicle.target.center[2] == pytest.approx(-80.0, abs=1.0)


def test_a_timed_loiter_counts_from_its_edge_and_then_waits_for_its_heading() -> None:
    plane = Plane()
    plane.mission(item(Cmd.NAV_LOITER_TIME, 300.0, 400.0, 50.0, param1=30.0))
    assert plane.core.modes.set(M.AUTO, plane.now_ms).ok
    plane.run(200.0, lambda: isinstance(plane.vehicle.target, Circle) and plane.core.helm.arrived)
    began = plane.now_ms
    assert plane.vehicle.target.leave_for is None
    plane.run(60.0, lambda: plane.vehicle.target.leave_for is not None)
    assert plane.now_ms - began == pytest.approx(30_000, abs=40)


def to_height(throttle: float, *onward: MissionItem) -> Bench:
    """On its way to a circle 140 m above it, with so much throttle at most."""
    bench = Bench("plane", vehicle=make_simulated("plane", ORIGIN, 0.0, 7))
    bench.run(30.0, lambda: bench.core.prearm.ok)
    loiter = item(Cmd.NAV_LOITER_TO_ALT, 1000.0, 600.0, 200.0, param2=80.0)
    bench.upload([item(Cmd.NAV_TAKEOFF, up=40.0), waypoint(600.0, 0.0, 60.0), loiter, *onward])
    assert bench.core.modes.set(M.AUTO, bench.now_ms).ok
    bench.arm()
    bench.run(60.0, lambda: bench.core.sequencer.current_nav_index() == 3)
    bench.parameters.set("THR_MAX", throttle)
    return bench


def off_course(bench: Bench, north: float, east: float) -> float:
    """Angle between the course over ground and the way to a place, deg."""
    (n, e, _), (vn, ve, _) = bench.vehicle.state.position, bench.vehicle.state.velocity
    return abs(degrees(wrap(atan2(east - e, north - n) - atan2(ve, vn))))


def test_a_circle_to_a_height_is_left_towards_the_next_place_however_many_turns_it_took() -> None:
    """The tolerance of the course grows from the height on (ArduPlane's verify_loiter_heading); after seven turns a
    plane left its circle 78 degrees off."""
    bench = to_height(50.0, waypoint(2200.0, 0.0, 200.0))
    bench.run(300.0, lambda: bench.core.sequencer.current_nav_index() == 4)
    assert -bench.vehicle.state.position[2] == pytest.approx(200.0, abs=5.0)
    assert off_course(bench, 2200.0, 0.0) < 13.0


@pytest.mark.parametrize("number", [Cmd.NAV_LOITER_TURNS, Cmd.NAV_LOITER_TIME])
def test_a_circle_is_left_within_ten_degrees_of_the_next_place(number: int) -> None:
    """The tolerance grows with whole turns (ArduPlane's isHeadingLinedUp_cd); circles were left 15 degrees off."""
    bench = Bench("plane", vehicle=make_simulated("plane", ORIGIN, 0.0, 7))
    bench.run(30.0, lambda: bench.core.prearm.ok)
    loiter = item(number, 1000.0, 300.0, 60.0, param1=1.0, param3=80.0)
    bench.upload([item(Cmd.NAV_TAKEOFF, up=40.0), waypoint(600.0, 0.0, 60.0), loiter, waypoint(600.0, 600.0, 60.0)])
    assert bench.core.modes.set(M.AUTO, bench.now_ms).ok
    bench.arm()
    bench.run(200.0, lambda: bench.core.sequencer.current_nav_index() == 4)
    assert off_course(bench, 600.0, 600.0) < 11.0


@pytest.mark.parametrize("onward", [(), (waypoint(2200.0, 0.0, 60.0),)])
def test_a_height_that_is_out_of_reach_is_given_up_after_three_turns(onward: tuple[MissionItem, ...]) -> None:
    """ArduPlane's loiter_angle_update (unable_to_acheive_target_alt); it circled below it until its battery ended."""
    bench = to_height(38.0, *onward)
    turns: list[float] = []

    def ended() -> bool:
        turns.append(float(bench.vehicle.state.report[report.TURNS]))
        return "Loiter to alt complete" in bench.texts

    bench.run(150.0, ended)
    assert max(turns) == pytest.approx(3.0, abs=0.05)
    assert f"Loiter to alt was stuck at {int(bench.vehicle.state.place.alt)}" in bench.texts


def test_a_waypoint_is_accepted_and_passed_by_as_it_says() -> None:
    """param2: accepted so far before it; param3: flown so far beyond; a hold time is not a plane's."""
    plane = Plane(WP_RADIUS=60.0)
    far = (waypoint(700.0, 400.0, 50.0, param3=100.0), waypoint(900.0, 400.0, 50.0, param2=20.0, param3=100.0))
    plane.mission(waypoint(300.0, 400.0, 50.0, param1=5.0, param2=35.0), *far)
    assert plane.core.modes.set(M.AUTO, plane.now_ms).ok
    plane.run(200.0, lambda: plane.core.sequencer.current_nav_index() == 5)
    legs = [target for target in plane.in_the_air if isinstance(target, Leg)]
    assert [leg.radius for leg in legs] == [60.0, 35.0, 1.0, 20.0]
    assert legs[2].end == pytest.approx((800.0, 400.0, -50.0), abs=1.0)
    assert legs[0].next == pytest.approx((300.0, 400.0, -50.0), abs=1.0)


@pytest.mark.parametrize("turns", [False, True])
def test_its_own_acceptance_radius_counts_whatever_turn_follows(turns: bool) -> None:
    """On the simulator (ArduPlane's verify_nav_wp): straight on the waypoint was passed, and a turn began 77 m before
    it."""
    bench = Bench("plane", vehicle=make_simulated("plane", ORIGIN, 0.0, 7))
    bench.run(30.0, lambda: bench.core.prearm.ok)
    onward = waypoint(900.0, 900.0, 50.0) if turns else waypoint(1800.0, 0.0, 50.0)
    bench.upload([item(Cmd.NAV_TAKEOFF, up=40.0), waypoint(900.0, 0.0, 50.0, param2=150.0), onward])
    assert bench.core.modes.set(M.AUTO, bench.now_ms).ok
    bench.arm()
    bench.run(200.0, lambda: bench.core.sequencer.current_nav_index() == 3)
    assert 900.0 - bench.vehicle.state.position[0] == pytest.approx(148.0, abs=2.1)
    assert any(re.fullmatch("Reached waypoint #2 dist 14[5-9]m", text) for text in bench.texts)


def test_a_course_is_kept_until_the_height_is_reached() -> None:
    plane = Plane()
    plane.mission(item(Cmd.NAV_CONTINUE_AND_CHANGE_ALT, up=90.0, param1=1.0))
    assert plane.core.modes.set(M.AUTO, plane.now_ms).ok
    plane.run(200.0, lambda: plane.core.sequencer.current_nav_index() == 3)
    ahead = plane.vehicle.target
    assert isinstance(ahead, Leg) and abs(ahead.end[1]) < 5.0 and ahead.end[0] > 1000.0
    assert ahead.start is not None and ahead.start[2] == ahead.end[2], "it climbs at once, not along a slope"
    assert plane.core.facts.height < 60.0
    plane.run(100.0, lambda: plane.core.sequencer.current_nav_index() == 4)
    assert plane.core.facts.height == pytest.approx(85.0, abs=2.0)


def test_a_delay_ends_at_once_in_the_air() -> None:
    """ArduPlane's verify_nav_delay; the mission stayed at it for ever."""
    plane = Plane()
    plane.mission(item(Cmd.NAV_DELAY, param1=10.0))
    assert plane.core.modes.set(M.AUTO, plane.now_ms).ok
    plane.run(200.0, lambda: plane.core.sequencer.current_nav_index() == 3)
    plane.run(1.0)
    assert plane.core.sequencer.current_nav_index() == 4


# --- texts ------------------------------------------------------------------------------------------------------------
def test_the_ends_of_items_are_told_as_arduplane_tells_them() -> None:
    circle = {"param1": 1.0, "param3": 60.0}
    circles = [item(Cmd(command), 300.0, 300.0, 60.0, **circle) for command in (18, 19, 31)]
    bench = from_the_ground(*landing_mission()[:2], *circles, waypoint(300.0, 900.0, 60.0))
    bench.run(600.0, lambda: bench.core.modes.number == M.RTL)
    told = [text for text in bench.texts if text.split()[0] in ("Takeoff", "Reached", "Passed", "Loiter")]
    circled = ["Loiter orbits complete", "Loiter time complete", "Loiter to alt complete"]
    assert [text.split(" at ")[0].split(" dist ")[0] for text in told] == [
        "Takeoff complete",
        "Reached waypoint #2",
        *circled,
        "Reached waypoint #6",
    ]
    assert float(told[0].split()[-1].rstrip("m")) == pytest.approx(50.0, abs=1.0)
    assert 0 < int(told[1].split()[-1].rstrip("m")) <= 90


@pytest.mark.parametrize("turns", [0.5, 0.8])
def test_a_waypoint_inside_a_circle_is_flown_to_from_its_edge(turns: float) -> None:
    """ArduPlane's set_next_WP begins anew from where a line's end lies behind; it counted as passed, 230 m away."""
    bench = Bench("plane", vehicle=make_simulated("plane", ORIGIN, 0.0, 7))
    bench.run(30.0, lambda: bench.core.prearm.ok)
    loiter = item(Cmd.NAV_LOITER_TURNS, 1000.0, 300.0, 60.0, param1=turns, param3=250.0)
    up, out = item(Cmd.NAV_TAKEOFF, up=40.0), waypoint(600.0, 0.0, 60.0)
    bench.upload([up, out, loiter, waypoint(1000.0, 400.0, 60.0), waypoint(0.0, 0.0, 60.0)])
    assert bench.core.modes.set(M.AUTO, bench.now_ms).ok
    bench.arm()
    bench.run(200.0, lambda: bench.core.sequencer.current_nav_index() == 5)
    north, east, _ = bench.vehicle.state.position
    assert hypot(north - 1000.0, east - 400.0) < 91.0, "WP_RADIUS"


def test_a_waypoint_that_lies_behind_is_passed() -> None:
    plane = Plane()
    plane.mission()
    assert plane.core.modes.set(M.AUTO, plane.now_ms).ok
    plane.run(3.0)
    voice, flown = MissionVoice(plane.core.facts, plane.core.announcer), plane.core.auto.executor.maneuver
    north, east, down = plane.vehicle.state.position  # it flies north
    for ahead, word in ((30.0, "Reached"), (-30.0, "Passed")):
        assert flown is not None
        flown.end = (north + ahead, east, down)
        (text,) = voice.reached(2, plane.core.sequencer.current_item(), flown)
        assert text.text == f"{word} waypoint #2 dist 30m"


def test_a_landing_and_its_abort_are_told() -> None:
    bench = from_the_ground(*landing_mission(start=False))
    bench.run(400.0, lambda: isinstance(bench.vehicle.target, Land))
    bench.run(5.0)
    assert bench.core.mission_commands.go_around(35.0).ok
    bench.run(400.0, lambda: not bench.core.facts.armed)
    told = [text.split("=")[0] for text in bench.texts if "anding " in text or "LAND p" in text]
    approach = [text for text in told if text.startswith("Landing approach start at ")]
    others = [text for text in told if text not in approach and "Flight" not in text]
    assert len(approach) == 2 and others == [
        "Landing aborted, climbing to 35m",
        "Restarted landing sequence at waypoint 3",
        "Distance from LAND point",
    ]


def test_takeoff_goes_up_and_round_a_place_ahead() -> None:
    bench = Bench("plane", parameters={"TKOFF_ALT": 60.0, "TKOFF_DIST": 250.0})
    assert bench.core.modes.set(M.TAKEOFF, bench.now_ms).ok
    bench.arm()
    run = bench.vehicle.target
    assert isinstance(run, TakeOff) and run.pitch == pytest.approx(radians(15.0)) and run.down == pytest.approx(-60.0)
    assert any("Takeoff to 60m for 250.0m heading 0.0 deg" in text for text in bench.texts)
    bench.run(120.0, lambda: isinstance(bench.vehicle.target, Circle))
    assert bench.vehicle.target.center == pytest.approx((250.0, 0.0, -60.0), abs=1.0)


@pytest.mark.parametrize(("distance_m", "height"), [(150.0, 40.0), (500.0, 90.0)], ids=["by distance", "by height"])
def test_a_takeoff_enables_the_fence_wherever_it_ends(distance_m: float, height: float) -> None:
    """FENCE_AUTOENABLE 2 in mode TAKEOFF (ArduPlane's test FenceAutoEnableDisableSwitch)."""
    parameters = {"FENCE_AUTOENABLE": 2, "FENCE_TYPE": 2, "TKOFF_ALT": 90.0, "TKOFF_DIST": distance_m}
    bench = Bench("plane", vehicle=make_simulated("plane", ORIGIN, 0.0, 7), parameters=parameters)
    bench.run(20.0)
    assert bench.core.modes.set(M.TAKEOFF, bench.now_ms).ok
    bench.arm()
    assert not bench.core.fence.enabled
    bench.run(120.0, lambda: isinstance(bench.core.helm.target, Circle))
    assert bench.core.facts.height == pytest.approx(height, abs=20.0)
    assert bench.core.fence.enabled


def test_the_height_of_takeoff_counts_from_where_it_stands() -> None:
    """Not from home, which lies 30 m below."""
    bench = Bench("plane", parameters={"TKOFF_ALT": 60.0})
    bench.arm()
    facts = bench.core.facts
    assert facts.home is not None
    facts.home = replace(facts.home, alt=facts.home.alt - 30.0)
    assert facts.home_ned[2] == pytest.approx(30.0)
    assert bench.core.modes.set(M.TAKEOFF, bench.now_ms).ok
    run = bench.vehicle.target
    assert isinstance(run, TakeOff) and run.down == pytest.approx(-60.0)
