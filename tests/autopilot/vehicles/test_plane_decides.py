"""A plane goes through commands, items, modes, failsafes, checks and rules of a rehearsal, and is nowhere taken for a
copter: it never stands still in the air, never comes down or goes up straight, never brakes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import cos, degrees, radians, sin
from types import SimpleNamespace

import pytest

from autopilot.interface import report as R
from autopilot.interface.targets import NO_STICKS, Attitude, Circle, Land, Leg, Pilot, PilotKind, Sticks, TakeOff
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import AutopilotType, Cmd, Result, VehicleType
from autopilot.mission.commands import SPECS, Slot
from autopilot.mission.items import MissionItem
from autopilot.mission.plan_types import Plan
from autopilot.modes.wing_modes import TakeoffCourse
from autopilot.parameters import Parameters
from autopilot.rehearsal.energy import energy_wh
from autopilot.rehearsal.rules import check
from autopilot.rehearsal.way import FlyingField, walk
from autopilot.vehicles.mode_table import PlaneMode
from autopilot.vehicles.plane import PLANE
from mavlink_bridge.firmware.known import firmware_of
from mavlink_bridge.services.commands.service import CommandService
from mavlink_bridge.wire.codec import dialect
from sitl.vehicles.kinds import make_simulated
from tests.fakes.command_bench import QGC
from tests.fakes.core_bench import Bench, item, takeoff, waypoint
from tests.fakes.fake_vehicle import ORIGIN
from tests.fakes.plane_bench import Plane
from tests.fakes.recording_telemetry import RecordingTelemetry

M = PlaneMode


# --- modes and what a station asks for --------------------------------------------------------------------------------
@pytest.mark.parametrize("mode", [M.RTL, M.LOITER, M.GUIDED, M.AUTO, M.TAKEOFF])
def test_each_mode_keeps_it_going(mode: PlaneMode) -> None:
    """RTL goes round home, LOITER round the place where it was entered, AUTO round its last item."""
    plane = Plane()
    plane.mission()
    assert plane.core.modes.set(mode, plane.now_ms).ok
    plane.run(400.0)
    plane.stays_a_plane()
    assert not plane.core.facts.landed and plane.core.facts.armed
    if mode is M.RTL:
        home = plane.vehicle.targets[-1]
        assert isinstance(home, Circle) and home.center[:2] == pytest.approx((0.0, 0.0), abs=1.0)


def test_training_is_flown_within_its_limits() -> None:
    """By the sticks of TRAINING, not of MANUAL."""
    plane = Plane()
    assert plane.core.modes.set(M.TRAINING, plane.now_ms).ok
    plane.run(1.0)
    assert plane.vehicle.targets[-1] == Pilot(PilotKind.TRAINING)


def test_circle_is_a_bank_that_needs_no_position() -> None:
    plane = Plane(ROLL_LIMIT_DEG=60.0)
    plane.vehicle.lose_position()
    plane.run(1.0)
    assert plane.core.modes.number == M.CIRCLE
    bank = plane.vehicle.targets[-1]
    assert isinstance(bank, Attitude) and bank.roll == pytest.approx(radians(20.0)) and bank.climb == 0.0


@pytest.mark.parametrize(("radius", "direction"), [(80.0, 1), (-120.0, -1)])
def test_a_loiter_goes_round_by_its_parameter(radius: float, direction: int) -> None:
    plane = Plane(WP_LOITER_RAD=radius)
    assert plane.core.modes.set(M.LOITER, plane.now_ms).ok
    circle = plane.vehicle.targets[-1]
    assert isinstance(circle, Circle) and (circle.radius, circle.direction) == (abs(radius), direction)


def test_an_option_lets_the_stick_move_the_height_of_a_loiter() -> None:
    """FLIGHT_OPTIONS bit 12, at once and round the same place; RTL stays as high as it is."""
    plane = Plane()
    assert plane.core.modes.set(M.LOITER, plane.now_ms).ok
    circle = plane.vehicle.targets[-1]
    assert not circle.climbs
    plane.parameters.set("FLIGHT_OPTIONS", 4096.0)
    assert plane.vehicle.targets[-1] == replace(circle, climbs=True)
    assert plane.core.modes.set(M.RTL, plane.now_ms).ok
    plane.run(1.0)
    assert not plane.vehicle.targets[-1].climbs


def test_sticks_do_not_steer_while_the_fence_brings_it_back() -> None:
    """ArduPlane's fence_stickmixing; in a mode that the pilot has chosen they do."""
    plane = Plane(FENCE_ENABLE=1.0, FENCE_TYPE=2.0, FENCE_RADIUS=300.0, FENCE_OPTIONS=0.0)
    pushed = Sticks(roll=1.0, throttle=0.5)
    plane.core.sticks.move(pushed, plane.now_ms)
    assert plane.vehicle.sticks == pushed
    plane.parameters.set("FENCE_RADIUS", 30.0)
    plane.run(1.0)
    plane.core.sticks.move(pushed, plane.now_ms)
    assert (plane.core.modes.number, plane.vehicle.sticks) == (M.RTL, NO_STICKS)
    assert plane.core.modes.set(M.FBWA, plane.now_ms).ok
    plane.core.sticks.move(pushed, plane.now_ms)
    assert plane.vehicle.sticks == pushed


COMMANDS = CommandService(
    SimpleNamespace(facts=SimpleNamespace(vehicle_class=PLANE)),
    RecordingTelemetry(),
    vehicle_now=lambda: 0,  # type: ignore[arg-type]  # asked for its kind alone
).numbers()
STOPPING = {Cmd.COMPONENT_ARM_DISARM, Cmd.DO_FLIGHTTERMINATION}


@pytest.mark.parametrize("number", sorted(COMMANDS - STOPPING))
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_each_command_that_it_knows(number: int, value: float) -> None:
    """Whatever is answered, in the air it is flown as a plane."""
    plane = Plane()
    service = CommandService(plane.core, RecordingTelemetry(), vehicle_now=lambda: plane.now_ms)  # type: ignore[arg-type]
    service.handle_message(dialect.MAVLink_command_long_message(1, 1, number, 0, *(value,) * 7), QGC, 0)
    plane.run(10.0)
    plane.stays_a_plane()


def test_commands_of_copters_are_not_known() -> None:
    assert not COMMANDS & {Cmd.NAV_LAND, Cmd.NAV_VTOL_LAND, Cmd.NAV_VTOL_TAKEOFF, Cmd.CONDITION_YAW, Cmd.DO_SET_REVERSE}
    plane = Plane()
    assert plane.core.commands.land(plane.now_ms).result is Result.UNSUPPORTED


# --- missions ---------------------------------------------------------------------------------------------------------
ITEMS = sorted(number for number, spec in SPECS.items() if spec.slot is Slot.NAV)


@pytest.mark.parametrize("number", ITEMS)
def test_each_item_in_a_mission(number: int) -> None:
    """Carried out, or skipped with a text; a landing where it is, is skipped."""
    plane = Plane()
    plane.mission(item(number, 300.0, 150.0, 60.0, param1=5.0))
    assert plane.core.modes.set(M.AUTO, plane.now_ms).ok
    plane.run(200.0)
    plane.stays_a_plane()
    assert number == Cmd.NAV_LAND or (not plane.core.facts.landed and plane.core.facts.armed)
    if number in (Cmd.NAV_VTOL_LAND, Cmd.NAV_SPLINE_WAYPOINT):
        assert any(f"#{number}" in text for text in plane.texts)


# --- failsafes --------------------------------------------------------------------------------------------------------
SETTINGS = range(9)


def _battery(plane: Plane) -> None:
    plane.vehicle.raise_event(VehicleEvent.BATTERY_LOW)
    plane.run(1.0)
    plane.vehicle.raise_event(VehicleEvent.BATTERY_CRITICAL)


def _station(plane: Plane) -> None:
    plane.core.failsafes.ground_station_silent(plane.now_ms)


def _sticks(plane: Plane) -> None:
    plane.core.failsafes.sticks_silent(plane.now_ms)


def _estimator(plane: Plane) -> None:
    plane.vehicle.raise_event(VehicleEvent.ESTIMATOR_FAILED)


def _fence(plane: Plane) -> None:
    plane.vehicle.put((400.0, 0.0, -50.0))


CAUSES: dict[str, tuple[Callable[[Plane], None], tuple[str, ...]]] = {
    "battery": (_battery, ("BATT_FS_LOW_ACT", "BATT_FS_CRT_ACT")),
    "station": (_station, ("FS_GCS_ENABL", "FS_LONG_ACTN")),
    "sticks": (_sticks, ("THR_FAILSAFE", "FS_SHORT_ACTN", "FS_LONG_ACTN")), "estimator": (_estimator, ()),
    "fence": (_fence, ("FENCE_ACTION",)),
}  # fmt: skip


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("cause", CAUSES)
def test_each_failsafe_by_each_setting(cause: str, setting: int) -> None:
    """Numbers of other kinds, too, which may have come with a file of parameters: no BRAKE, no LAND."""
    fail, names = CAUSES[cause]
    fenced = {"FENCE_ENABLE": 1.0, "FENCE_TYPE": 2.0, "FENCE_RADIUS": 300.0} if cause == "fence" else {}
    plane = Plane(**fenced)
    for name in names:
        plane.parameters.set(name, float(setting))
    fail(plane)
    plane.run(60.0)
    plane.stays_a_plane()
    assert not any("to LAND" in text or "BRAKE" in text for text in plane.texts)


@pytest.mark.parametrize("cause", ["terrain_lost", "too_windy"])
def test_without_terrain_or_in_too_much_wind_it_goes_home(cause: str) -> None:
    plane = Plane()
    getattr(plane.core.failsafes, cause)(plane.now_ms)
    plane.run(60.0)
    plane.stays_a_plane()
    assert plane.core.modes.number == M.RTL


# --- checks, rehearsal, firmwares -------------------------------------------------------------------------------------
def test_nobody_looks_at_rotors_that_it_does_not_have() -> None:
    bench = Bench("plane", parameters={"RLL_RATE_P": 0.0})
    assert bench.core.prearm.reasons() == []
    bench.upload([takeoff(50.0), waypoint(300.0, 0.0, 50.0)])
    assert bench.core.modes.set(M.AUTO, bench.now_ms).ok
    bench.arm()  # AUTO_OPTIONS is a copter's


def test_a_flight_manager_hovers_with_what_hovers() -> None:
    bench = Bench("plane", parameters={"FM_PROFILE": 1.0, "FM_DURATION": 5.0})
    assert bench.core.flights is not None
    bench.core.flights.go(bench.now_ms)
    bench.run(2.0)
    assert any("not for a plane" in text for text in bench.texts)


def _plan(number: int) -> Plan:
    last = item(number, 300.0, 150.0, 60.0, param1=5.0)
    return Plan(home=ORIGIN, items=(takeoff(50.0), waypoint(300.0, 0.0, 50.0), last, item(Cmd.NAV_RETURN_TO_LAUNCH)))


@pytest.mark.parametrize("number", ITEMS)
def test_a_rehearsal_knows_no_hover(number: int) -> None:
    """Less energy than the power of a hover, no landing at the end of a return, no battery that it would end with."""
    plan, field = _plan(number), FlyingField(PLANE, Parameters(PLANE.parameters), ORIGIN)
    way = walk(plan, field)
    whole = energy_wh(field, way.legs)
    assert whole is not None and whole <= 9.0 * sum(leg.seconds + leg.wait_s for leg in way.legs) / 60.0 + 1e-9
    assert (way.endless is None) is (number == Cmd.NAV_LAND)
    if way.endless is None:
        return
    assert not {one.rule.name for one in check(plan, field, way, None)} & {"battery-short", "battery-low"}
    if way.endless.command == Cmd.NAV_RETURN_TO_LAUNCH:
        assert way.legs[-1].end[2] > 10.0 and way.legs[-1].end[:2] == (0.0, 0.0)


@pytest.mark.parametrize(
    ("kind", "flown"), [(VehicleType.FIXED_WING, "plane"), (VehicleType.GROUND_ROVER, None)], ids=["wings", "wheels"]
)
def test_a_px4_on_a_link_is_flown_on_wings_and_not_driven(kind: VehicleType, flown: str | None) -> None:
    """Rather than shown and flown as a multicopter."""
    firmware = firmware_of(dialect.MAVLink_heartbeat_message(int(kind), int(AutopilotType.PX4), 0, 0, 0, 3))
    assert (firmware and firmware.vehicle_class.name) == flown


# --- takeoff, landing, loiters ----------------------------------------------------------------------------------------
def _landing(*, start: bool = True) -> list[MissionItem]:
    """Takeoff, a way out, DO_LAND_START, approach, landing at home."""
    marks = [item(Cmd.DO_LAND_START)] if start else []
    return [
        takeoff(50.0),
        waypoint(600.0, 0.0, 60.0),
        *marks,
        waypoint(-600.0, 0.0, 40.0),
        item(Cmd.NAV_LAND, -20.0, 0.0, 0.0),
    ]


def _flown(*items: MissionItem, **parameters: float) -> Bench:
    """In AUTO from the ground, as armed there: nobody has to raise a throttle."""
    bench = Bench("plane", parameters=parameters)
    bench.upload(items)
    assert bench.core.modes.set(M.AUTO, bench.now_ms).ok
    bench.arm()
    return bench


def test_a_mission_from_takeoff_to_disarming() -> None:
    """The takeoff has a pitch, the landing begins its slope at the waypoint before it, and the motor stops
    LAND_DISARMDELAY after it."""
    bench = _flown(*_landing(), LAND_DISARMDELAY=20.0, RTL_AUTOLAND=2.0)
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
    bench = _flown(*_landing(start=start), *more, RTL_AUTOLAND=2.0)
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


@pytest.mark.parametrize(("told", "by_item", "climbs_to"), [(35.0, 70.0, 35.0), (0.0, 70.0, 70.0)])
def test_a_go_around_climbs_as_high_as_it_is_told(told: float, by_item: float, climbs_to: float) -> None:
    """DO_GO_AROUND's param1, m above home (ArduPlane's trigger_land_abort), or else that of NAV_LAND."""
    *way, land = _landing(start=False)
    bench = _flown(*way, replace(land, param1=by_item))
    bench.run(400.0, lambda: isinstance(bench.vehicle.target, Land))
    bench.run(5.0)
    assert bench.core.mission_commands.go_around(told).ok
    climb = bench.vehicle.target
    assert isinstance(climb, TakeOff) and climb.down == pytest.approx(-climbs_to)


@pytest.mark.parametrize("allowed", [0.0, 1.0])
def test_full_throttle_aborts_a_landing_where_it_may(allowed: float) -> None:
    bench = _flown(*_landing(), LAND_ABORT_THR=allowed, RTL_AUTOLAND=2.0)
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
        assert circle.leave_for == pytest.approx((300.0, 300.0, -50.0), abs=1.0)


def test_a_timed_loiter_counts_from_its_edge_and_then_waits_for_its_heading() -> None:
    plane = Plane()
    plane.mission(item(Cmd.NAV_LOITER_TIME, 300.0, 400.0, 50.0, param1=30.0))
    assert plane.core.modes.set(M.AUTO, plane.now_ms).ok
    plane.run(200.0, lambda: isinstance(plane.vehicle.target, Circle) and plane.core.helm.arrived)
    began = plane.now_ms
    assert plane.vehicle.target.leave_for is None
    plane.run(60.0, lambda: plane.vehicle.target.leave_for is not None)
    assert plane.now_ms - began == pytest.approx(30_000, abs=40)


def test_a_waypoint_is_accepted_and_passed_by_as_it_says() -> None:
    """param2: accepted so far before it; param3: flown so far beyond; a hold time is not a plane's."""
    plane = Plane(WP_RADIUS=60.0)
    plane.mission(waypoint(300.0, 400.0, 50.0, param1=5.0, param2=35.0), waypoint(700.0, 400.0, 50.0, param3=100.0))
    assert plane.core.modes.set(M.AUTO, plane.now_ms).ok
    plane.run(200.0, lambda: plane.core.sequencer.current_nav_index() == 4)
    legs = [target for target in plane.in_the_air if isinstance(target, Leg)]
    assert [leg.radius for leg in legs] == [60.0, 35.0, 1.0]
    assert legs[2].end == pytest.approx((800.0, 400.0, -50.0), abs=1.0)
    assert legs[0].next == pytest.approx((300.0, 400.0, -50.0), abs=1.0)


def test_a_course_is_kept_until_the_height_is_reached() -> None:
    plane = Plane()
    plane.mission(item(Cmd.NAV_CONTINUE_AND_CHANGE_ALT, up=90.0, param1=1.0))
    assert plane.core.modes.set(M.AUTO, plane.now_ms).ok
    plane.run(200.0, lambda: plane.core.sequencer.current_nav_index() == 3)
    ahead = plane.vehicle.target
    assert isinstance(ahead, Leg) and abs(ahead.end[1]) < 5.0 and ahead.end[0] > 1000.0
    assert plane.core.facts.height < 60.0
    plane.run(100.0, lambda: plane.core.sequencer.current_nav_index() == 4)
    assert plane.core.facts.height == pytest.approx(85.0, abs=2.0)


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


# --- modes ------------------------------------------------------------------------------------------------------------
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


def test_autoland_comes_down_along_the_takeoffs_heading() -> None:
    plane = Plane(AUTOLAND_WP_DIST=400.0, AUTOLAND_WP_ALT=55.0)
    plane.core.facts.landing_course = radians(90.0)
    assert plane.core.modes.set(M.AUTOLAND, plane.now_ms).ok
    circle = plane.vehicle.target
    assert isinstance(circle, Circle) and circle.at_height and circle.leave_for is not None
    assert circle.center[1] == pytest.approx(-400.0, abs=1.0) and circle.center[2] == pytest.approx(-55.0)
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
    noted = TakeoffCourse(facts, bench.core.announcer, lambda: bench.core.modes.number).turn
    assert noted.armed is not None and noted.hear is not None and noted.update is not None
    noted.armed(True, bench.now_ms)
    if not options:
        state.report[R.VN], state.report[R.VE] = 20.0 * cos(radians(45.0)), 20.0 * sin(radians(45.0))
        noted.hear(VehicleEvent.LIFTOFF, bench.now_ms)
        noted.update(bench.now_ms)
        assert facts.landing_course is None
        assert bench.core.modes.set(M.FBWA, bench.now_ms).ok
        noted.update(bench.now_ms + 200)
    assert facts.landing_course == pytest.approx(radians(course))
    assert bench.texts[-1].startswith("Autoland direction= ")


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
    plane.upload(_landing())
    assert plane.core.modes.set(M.RTL, plane.now_ms).ok
    plane.run(1.0)
    assert (plane.core.modes.number == M.AUTO) is (setting == 2)
    plane.run(120.0)
    assert (plane.core.modes.number == M.AUTO) is lands
    if lands:
        assert plane.core.sequencer.current_nav_index() >= 4
    else:
        assert plane.vehicle.target.center[2] == pytest.approx(-80.0)


def test_a_mission_that_does_not_land_ends_in_rtl() -> None:
    plane = Plane()
    plane.mission()
    assert plane.core.modes.set(M.AUTO, plane.now_ms).ok
    plane.run(300.0, lambda: plane.core.modes.number == M.RTL)
    assert plane.core.modes.number == M.RTL
    assert "Mission complete, changing mode to RTL" in plane.texts


# --- losses -----------------------------------------------------------------------------------------------------------
def test_a_short_loss_circles_and_gives_back_the_mode() -> None:
    plane = Plane()
    assert plane.core.modes.set(M.FBWA, plane.now_ms).ok
    plane.core.sticks.move(Sticks(), plane.now_ms)
    plane.run(3.5)
    assert plane.core.modes.number == M.CIRCLE
    plane.core.sticks.move(Sticks(), plane.now_ms)
    plane.run(0.1)
    assert plane.core.modes.number == M.FBWA
    said = ["Throttle failsafe on", "RC Short Failsafe: switched to CIRCLE", "Throttle failsafe off"]
    assert plane.texts[-5:] == [*said, "Short Failsafe Cleared", "Flight mode FLY_BY_WIRE_A restored"]


def test_a_station_that_is_lost_on_the_ground_is_noticed() -> None:
    """Armed in GUIDED before its takeoff, as ArduPlane's check_long_failsafe, which asks for no flight (storm 107)."""
    bench = Bench("plane", parameters={"FS_GCS_ENABL": 1.0, "FS_LONG_TIMEOUT": 8.0, "FS_LONG_ACTN": 1.0})
    assert bench.core.modes.set(M.GUIDED, bench.now_ms).ok
    bench.arm()
    bench.core.failsafes.ground_station_silent(bench.now_ms)
    bench.run(8.1)
    assert bench.core.facts.landed
    assert bench.core.modes.number == M.RTL
    assert "GCS Failsafe On: RTL" in bench.texts
    bench.core.failsafes.ground_station_heard(255)
    bench.core.failsafes.link_time(100_000, bench.now_ms)
    assert bench.texts[-1] == "GCS Failsafe Off"


@pytest.mark.parametrize(("short", "mode"), [(1, M.CIRCLE), (2, M.FBWA), (3, M.LOITER), (4, M.FBWB), (0, M.LOITER)])
def test_what_a_short_loss_does_in_loiter(short: int, mode: PlaneMode) -> None:
    plane = Plane(FS_SHORT_ACTN=float(short), FS_LONG_TIMEOUT=60.0)
    assert plane.core.modes.set(M.LOITER, plane.now_ms).ok
    _sticks(plane)
    plane.run(1.0)
    assert plane.core.modes.number == mode


@pytest.mark.parametrize(("long", "mode"), [(0, M.AUTO), (1, M.RTL), (2, M.FBWA), (4, M.AUTO), (5, M.AUTOLAND)])
def test_what_a_long_loss_does_in_auto(long: int, mode: PlaneMode) -> None:
    plane = Plane(FS_LONG_ACTN=float(long), FS_LONG_TIMEOUT=8.0, FS_GCS_ENABL=1.0)
    plane.mission(item(Cmd.NAV_LOITER_UNLIM, 500.0, 500.0, 50.0))
    assert plane.core.modes.set(M.AUTO, plane.now_ms).ok
    _sticks(plane)
    plane.run(7.9)
    assert plane.core.modes.number == M.AUTO
    plane.run(0.3)
    assert plane.core.modes.number == mode


def test_a_landing_goes_on_whatever_is_lost() -> None:
    """The sticks, at once and for long; the station; the battery; the estimator's wind: nothing is flown for it."""
    losses = ("FS_SHORT_ACTN", "FS_LONG_ACTN", "FS_GCS_ENABL", "BATT_FS_LOW_ACT", "BATT_FS_CRT_ACT")
    bench = _flown(*_landing(start=False), LAND_DISARMDELAY=0.0, **dict.fromkeys(losses, 1.0))
    bench.run(400.0, lambda: isinstance(bench.vehicle.target, Land))
    modes, targets = list(bench.modes), len(bench.vehicle.targets)
    bench.core.failsafes.sticks_silent(bench.now_ms)
    bench.run(1.0)
    bench.core.failsafes.ground_station_silent(bench.now_ms)
    bench.vehicle.raise_event(VehicleEvent.BATTERY_LOW)
    bench.run(6.0)
    bench.vehicle.raise_event(VehicleEvent.BATTERY_CRITICAL)
    bench.core.failsafes.too_windy(bench.now_ms)
    bench.run(6.0)
    assert (bench.modes, len(bench.vehicle.targets)) == (modes, targets)


def test_a_low_battery_goes_to_the_missions_landing() -> None:
    plane = Plane(BATT_FS_LOW_ACT=2.0, RTL_AUTOLAND=1.0)
    plane.upload(_landing())
    plane.vehicle.raise_event(VehicleEvent.BATTERY_LOW)
    plane.run(1.0)
    assert (plane.core.modes.number, plane.core.sequencer.current_nav_index()) == (M.AUTO, 4)


# --- arming -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("ROLL_LIMIT_DEG", 2.0, "ROLL_LIMIT_DEG too small (2.0)"),
        ("PTCH_LIM_MIN_DEG", -1.0, "PTCH_LIM_MIN_DEG too large (-1.0)"),
        ("AIRSPEED_MIN", 4.0, "AIRSPEED_MIN too low (4 < 5)"),
    ],
)
def test_a_plane_that_could_not_fly_is_not_armed(name: str, value: float, says: str) -> None:
    bench = Bench("plane", parameters={name: value, "ARMING_CHECK": 0.0})
    assert [reason.text for reason in bench.core.prearm.reasons()] == [says]


def test_a_landing_sequence_that_rtl_does_not_join_keeps_it_on_the_ground() -> None:
    bench = Bench("plane")
    bench.upload(_landing())
    assert [reason.text for reason in bench.core.prearm.reasons()] == ["DO_LAND_START set and RTL_AUTOLAND disabled"]
    bench.parameters.set("RTL_AUTOLAND", 3.0)
    assert bench.core.prearm.reasons() == []


def test_a_controller_looks_at_its_landing_sequence_itself() -> None:
    """A PX4 has no RTL_AUTOLAND."""
    bench = Bench("plane")
    bench.upload(_landing())
    bench.vehicle.capabilities = replace(bench.vehicle.capabilities, own_checks=True)
    assert "RTL_AUTOLAND" not in " ".join(reason.text for reason in bench.core.prearm.reasons())
