"""A plane goes through commands, items, modes, failsafes, checks and rules of a rehearsal, and is nowhere taken for a
copter: it never stands still in the air, never comes down or goes up straight, never brakes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import radians
from types import SimpleNamespace

import pytest

from autopilot.interface.targets import NO_STICKS, Attitude, Circle, Land, Pilot, PilotKind, Sticks
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import AutopilotType, Cmd, Frame, Result, VehicleType
from autopilot.mission.commands import SPECS, Slot
from autopilot.mission.plan_types import Plan
from autopilot.parameters import Parameters
from autopilot.rehearsal.energy import energy_wh
from autopilot.rehearsal.rules import check
from autopilot.rehearsal.way import FlyingField, walk
from autopilot.vehicles.mode_table import PlaneMode
from autopilot.vehicles.plane import PLANE
from mavlink_bridge.firmware.known import firmware_of
from mavlink_bridge.services.commands.service import CommandService
from mavlink_bridge.wire.codec import dialect
from tests.fakes.command_bench import QGC
from tests.fakes.core_bench import Bench, item, takeoff, waypoint
from tests.fakes.fake_vehicle import ORIGIN
from tests.fakes.plane_bench import Plane, from_the_ground, landing_mission, on_approach
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


@pytest.mark.parametrize("mode", [M.LOITER, M.RTL, M.GUIDED])
def test_another_usual_radius_is_flown_at_once(mode: PlaneMode) -> None:
    """As a ground station sets it; it was only flown when the mode was entered again."""
    plane = Plane(WP_LOITER_RAD=80.0)
    assert plane.core.modes.set(mode, plane.now_ms).ok
    plane.run(60.0)
    center = plane.vehicle.target.center
    plane.parameters.set("WP_LOITER_RAD", -120.0)
    assert isinstance(plane.vehicle.target, Circle) and plane.vehicle.target.center == center
    assert (plane.vehicle.target.radius, plane.vehicle.target.direction) == (120.0, -1)
    if mode is M.GUIDED:
        plane.core.commands.guided_altitude(Frame.GLOBAL_RELATIVE_ALT, 70.0)
        assert plane.vehicle.target.radius == 120.0
        plane.core.guided.flight.go_to((300.0, 0.0, -60.0), radius=90.0)
        plane.parameters.set("WP_LOITER_RAD", 100.0)
        assert plane.vehicle.target.radius == 90.0, "its own"


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


def test_sticks_that_are_held_do_not_steer_while_the_fence_brings_it_back() -> None:
    """A receiver says nothing new then: a stick held down flew a plane into the ground that had come too low."""
    plane = Plane(FENCE_ENABLE=1.0, FENCE_TYPE=2.0, FENCE_RADIUS=300.0, FENCE_OPTIONS=0.0)
    pushed = Sticks(pitch=1.0, throttle=0.5)
    plane.core.sticks.hear_radio(pushed)
    plane.parameters.set("FENCE_RADIUS", 30.0)
    plane.run(0.1)
    assert (plane.core.modes.number, plane.vehicle.sticks) == (M.RTL, NO_STICKS)
    plane.parameters.set("FENCE_RADIUS", 300.0)
    plane.run(0.1)
    assert (plane.core.modes.number, plane.vehicle.sticks) == (M.RTL, pushed)


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
    bench = from_the_ground(*landing_mission(start=False), LAND_DISARMDELAY=0.0, **dict.fromkeys(losses, 1.0))
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
    plane.upload(landing_mission())
    plane.vehicle.raise_event(VehicleEvent.BATTERY_LOW)
    plane.run(1.0)
    assert (plane.core.modes.number, plane.core.sequencer.current_nav_index()) == (M.AUTO, 4)


@pytest.mark.parametrize(("action", "autoland", "mode"), [(2, 1, M.AUTO), (1, 2, M.AUTO), (1, 1, M.RTL), (1, 3, M.RTL)])
def test_a_low_battery_leaves_a_mission_on_its_way_to_the_landing(action: int, autoland: int, mode: PlaneMode) -> None:
    """From DO_LAND_START on it goes on, if the action would turn to a landing at once (ArduPlane/events.cpp)."""
    plane = on_approach(BATT_FS_LOW_ACT=float(action), RTL_AUTOLAND=float(autoland))
    targets = len(plane.vehicle.targets)
    plane.vehicle.raise_event(VehicleEvent.BATTERY_LOW)
    plane.run(0.1)
    assert plane.core.modes.number == mode
    assert (len(plane.vehicle.targets) == targets) is (mode == M.AUTO)


@pytest.mark.parametrize(("options", "out_m", "goes_on"), [(2, 350.0, True), (2, 1500.0, False), (0, 350.0, False)])
def test_a_low_battery_leaves_a_mission_whose_landing_is_nearer(options: int, out_m: float, goes_on: bool) -> None:
    """MIS_OPTIONS bit 1: the way on is compared with that by DO_LAND_START, as ArduPlane; it went to DO_LAND_START."""
    plane = Plane(BATT_FS_LOW_ACT=2.0, RTL_AUTOLAND=1.0, MIS_OPTIONS=float(options))
    way_on = (waypoint(out_m, 0.0, 50.0), item(Cmd.NAV_LAND, -20.0, 0.0, 0.0))
    approach = (item(Cmd.DO_LAND_START), waypoint(-600.0, 0.0, 40.0), item(Cmd.NAV_LAND, -20.0, 0.0, 0.0))
    plane.upload([takeoff(50.0), *way_on, *approach])
    plane.core.auto.go_on_at(2)
    assert plane.core.modes.set(M.AUTO, plane.now_ms).ok
    plane.run(1.0)
    plane.vehicle.raise_event(VehicleEvent.BATTERY_LOW)
    plane.run(0.5)
    assert (plane.core.modes.number, plane.core.sequencer.current_nav_index()) == (M.AUTO, 2 if goes_on else 5)
    assert ("Rejecting RTL: closer land if mis continued" in plane.texts) is goes_on
    assert plane.core.modes.mode.leads_down


@pytest.mark.parametrize(
    ("action", "autoland", "mode"), [(1, 1, M.AUTO), (1, 2, M.AUTO), (1, 3, M.RTL), (6, 1, M.GUIDED)]
)
def test_a_breach_leaves_a_mission_on_its_way_to_the_landing(action: int, autoland: int, mode: PlaneMode) -> None:
    """It is told, but RTL would only turn to the landing again (ArduPlane/fence.cpp)."""
    fence = {"FENCE_ENABLE": 1.0, "FENCE_TYPE": 2.0, "FENCE_RADIUS": 3000.0, "FENCE_ACTION": float(action)}
    plane = on_approach(RTL_AUTOLAND=float(autoland), **fence)
    plane.core.parameters.set("FENCE_RADIUS", 30.0)
    plane.run(0.5)
    assert plane.core.modes.number == mode
    assert any("breached" in text for text in plane.texts)


@pytest.mark.parametrize("action", range(9))
@pytest.mark.parametrize("mode", [M.AUTOLAND, M.CRUISE])
def test_what_a_breach_does_by_each_setting(action: int, mode: PlaneMode) -> None:
    """2 to 5 are of other kinds, and do nothing; AUTOLAND goes on, except to GUIDED (ArduPlane/fence.cpp)."""
    fence = {"FENCE_ENABLE": 1.0, "FENCE_TYPE": 2.0, "FENCE_RADIUS": 3000.0, "FENCE_ACTION": float(action)}
    plane = Plane(**fence)
    assert plane.core.modes.set(mode, plane.now_ms).ok
    plane.core.parameters.set("FENCE_RADIUS", 30.0)
    plane.run(0.5)
    then = {1: M.RTL, 6: M.GUIDED, 7: M.GUIDED, 8: M.AUTOLAND}.get(action, mode)
    assert plane.core.modes.number == (mode if mode == M.AUTOLAND and action in (1, 8) else then)
    assert any("breached" in text for text in plane.texts)


def test_another_breach_on_the_way_back_is_nothing_new() -> None:
    """It is neither told nor acted on (ArduPlane's in_fence_recovery): the mode before was forgotten."""
    limits = {"FENCE_RADIUS": 3000.0, "FENCE_ALT_MAX": 500.0}
    plane = Plane(FENCE_ENABLE=1.0, FENCE_TYPE=3.0, FENCE_ACTION=6.0, **limits)
    assert plane.core.modes.set(M.CRUISE, plane.now_ms).ok
    plane.core.parameters.set("FENCE_RADIUS", 30.0)
    plane.run(12.0)
    assert plane.core.modes.number == M.GUIDED
    targets = len(plane.vehicle.targets)
    plane.core.parameters.set("FENCE_ALT_MAX", 20.0)
    plane.run(1.0)
    assert len(plane.vehicle.targets) == targets and plane.core.fence.breached == 3
    for name, value in limits.items():
        plane.core.parameters.set(name, value)
    plane.run(1.0)
    assert not plane.core.fence.breached
    assert [text for text in plane.texts if text.startswith(("Max Alt", "Fence"))] == []
    plane.core.parameters.set("FENCE_ENABLE", 0.0)
    plane.run(1.0)
    assert plane.core.modes.number == M.CRUISE


def test_the_way_back_from_a_breach_turns_to_the_missions_landing_outside() -> None:
    """RTL_AUTOLAND 2, whatever FENCE_OPTIONS forbids a person (ArduPlane's mode_reason_is_landing_sequence): it was
    refused once, and RTL circled for ever."""
    plane = Plane(FENCE_ENABLE=1.0, FENCE_TYPE=2.0, FENCE_RADIUS=3000.0, FENCE_OPTIONS=1.0, RTL_AUTOLAND=2.0)
    plane.upload(landing_mission())
    assert plane.core.modes.set(M.CRUISE, plane.now_ms).ok
    plane.vehicle.put((900.0, 0.0, -50.0))
    plane.core.parameters.set("FENCE_RADIUS", 300.0)
    plane.run(3.0)
    assert (plane.core.modes.number, plane.core.sequencer.current_nav_index()) == (M.AUTO, 4)
    assert plane.core.fence.recovering and not plane.core.modes.set(M.CRUISE, plane.now_ms).ok


def test_a_mode_that_a_person_has_chosen_outside_is_no_way_back() -> None:
    """Its sticks act (ArduPlane's fence_stickmixing goes by the reason of the mode)."""
    plane = Plane(FENCE_ENABLE=1.0, FENCE_TYPE=2.0, FENCE_RADIUS=3000.0, FENCE_OPTIONS=0.0)
    assert plane.core.modes.set(M.CRUISE, plane.now_ms).ok
    plane.core.parameters.set("FENCE_RADIUS", 30.0)
    plane.run(1.0)
    assert plane.core.modes.number == M.RTL and plane.core.fence.recovering
    for mode in (M.CRUISE, M.RTL):
        assert plane.core.modes.set(mode, plane.now_ms).ok
    plane.run(15.0)
    assert plane.core.fence.breached and not plane.core.fence.recovering


def test_a_critical_battery_lands_although_a_low_one_already_returns() -> None:
    """The mission's landing is more urgent than RTL (ArduPlane's _failsafe_priorities)."""
    plane = Plane(BATT_FS_LOW_ACT=1.0, BATT_FS_CRT_ACT=2.0, RTL_AUTOLAND=3.0)
    plane.upload(landing_mission())
    plane.vehicle.raise_event(VehicleEvent.BATTERY_LOW)
    plane.run(1.0)
    assert plane.core.modes.number == M.RTL
    plane.vehicle.raise_event(VehicleEvent.BATTERY_CRITICAL)
    plane.run(1.0)
    assert (plane.core.modes.number, plane.core.sequencer.current_nav_index()) == (M.AUTO, 4)


@pytest.mark.parametrize(("bits", "mode", "stops"), [(1, M.AUTO, True), (2, M.AUTO, False), (1, M.CRUISE, False)])
def test_a_crash_in_a_mission_is_told_and_stops_the_motor(bits: int, mode: PlaneMode, stops: bool) -> None:
    """ArduPlane's crash_detection_update: in AUTO only, and by bit 0 of CRASH_DETECT."""
    plane = Plane(CRASH_DETECT=float(bits))
    plane.mission()
    assert plane.core.modes.set(mode, plane.now_ms).ok
    plane.vehicle.raise_event(VehicleEvent.CRASHED)
    plane.run(0.5)
    assert plane.core.facts.armed is not stops
    assert ("Crash detected" in plane.texts) is (mode == M.AUTO)


def test_a_quadplane_with_a_strange_lean_is_not_armed() -> None:
    bench = Bench("quadplane", parameters={"Q_ANGLE_MAX": 900.0})
    assert [reason.text for reason in bench.core.prearm.reasons()] == ["Check Q_ANGLE_MAX"]
