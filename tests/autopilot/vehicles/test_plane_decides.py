"""A plane goes through commands, items, modes, failsafes, checks and rules of a rehearsal, and is nowhere taken for a
copter: it never stands still in the air, never comes down or goes up straight, never brakes."""

from __future__ import annotations

from collections.abc import Callable
from math import radians
from types import SimpleNamespace

import pytest

from autopilot.interface.targets import Attitude, Circle, Hold, Land, TakeOff, Target, Velocity
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import AutopilotType, Cmd, Result, VehicleType
from autopilot.mission.commands import SPECS, Slot
from autopilot.mission.plan_types import Plan
from autopilot.parameters import Parameters
from autopilot.personality.px4.modes import ModeMap
from autopilot.rehearsal.rules import check, energy_wh
from autopilot.rehearsal.way import FlyingField, walk
from autopilot.vehicles.mode_table import PlaneMode
from autopilot.vehicles.plane import PLANE
from mavlink_bridge.firmware.known import firmware_of
from mavlink_bridge.services.commands.service import CommandService
from mavlink_bridge.services.guided.setpoints import GuidedService
from mavlink_bridge.wire.codec import dialect
from tests.fakes.command_bench import QGC
from tests.fakes.core_bench import Bench, item, takeoff, waypoint
from tests.fakes.fake_vehicle import ORIGIN
from tests.fakes.planes import add_plane
from tests.fakes.recording_telemetry import RecordingTelemetry

M = PlaneMode


def stands_still(target: Target) -> bool:
    """A target that a plane cannot fly."""
    match target:
        case Hold() | Velocity():
            return True
        case Land():
            return target.approach is None
        case TakeOff():
            return target.pitch is None
        case Attitude():
            return target.roll == 0.0
    return False


class Plane(Bench):
    """In the air, in GUIDED. `in_the_air`: targets that it was given there."""

    def __init__(self, **parameters: float) -> None:
        super().__init__("plane", parameters=parameters)
        assert self.core.modes.set(M.GUIDED, self.now_ms).ok
        self.arm()
        assert self.core.commands.takeoff(50.0).ok
        self.run(60.0, lambda: self.core.helm.arrived)
        self._from = len(self.vehicle.targets)

    @property
    def in_the_air(self) -> list[Target]:
        return list(self.vehicle.targets[self._from :])

    def stays_a_plane(self) -> None:
        assert [target for target in self.in_the_air if stands_still(target)] == []
        assert self.core.modes.number in set(M)

    def mission(self, *items: object) -> None:
        self.upload([takeoff(50.0), waypoint(300.0, 0.0, 50.0), *items, waypoint(300.0, 300.0, 50.0)])  # type: ignore[list-item]


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    add_plane(monkeypatch)


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


def test_velocities_and_attitudes_are_not_taken_and_places_are() -> None:
    """A velocity of zero would stop it; a place with a velocity is that place."""
    plane = Plane()
    guided = GuidedService(plane.core)
    for mask in (0x0DC7, 0x0C07, 0x0DC0, 0x0DF8):  # velocity, acceleration too, place and velocity, place
        guided.handle_message(
            dialect.MAVLink_set_position_target_local_ned_message(
                0, 1, 1, 1, mask, 200.0, 50.0, -60.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
            ),
            QGC,
            0,
        )
    guided.handle_message(
        dialect.MAVLink_set_attitude_target_message(0, 1, 1, 0, [1.0, 0.0, 0.0, 0.0], 0.0, 0.0, 0.0, 0.5), QGC, 0
    )
    plane.run(5.0)
    plane.stays_a_plane()
    assert plane.in_the_air, "the places"


def test_a_pause_is_a_circle_here() -> None:
    plane = Plane()
    plane.core.guided.flight.go_to((2000.0, 0.0, -50.0))
    plane.run(10.0)
    plane.core.guided.flight.pause()
    paused = plane.vehicle.targets[-1]
    assert isinstance(paused, Circle) and paused.radius == 80.0  # WP_LOITER_RAD
    assert paused.center == pytest.approx(plane.vehicle.state.position)


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
    """No energy by the power of a hover, no landing at the end of a return, no battery that it would end with."""
    plan, field = _plan(number), FlyingField(PLANE, Parameters(PLANE.parameters), ORIGIN)
    way = walk(plan, field)
    assert energy_wh(field, 60.0) is None
    assert (way.endless is None) is (number == Cmd.NAV_LAND)
    if way.endless is None:
        return
    assert not {one.rule.name for one in check(plan, field, way, None)} & {"battery-short", "battery-low"}
    if way.endless.command == Cmd.NAV_RETURN_TO_LAUNCH:
        assert way.legs[-1].end[2] > 10.0 and way.legs[-1].end[:2] == (0.0, 0.0)


def test_as_a_px4_it_is_not_known_as_yet() -> None:
    """Rather than shown and flown as a multicopter."""
    heard = SimpleNamespace(type=int(VehicleType.FIXED_WING), autopilot=int(AutopilotType.PX4))
    assert firmware_of(heard) is None  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="plane"):
        ModeMap(PLANE, Bench("copter").core.modes)
