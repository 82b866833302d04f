"""Parameters in ArduPilot's names and units reach the kernel."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autopilot.interface import layout as L
from autopilot.interface import report
from autopilot.interface.geo import to_global
from autopilot.interface.targets import Leg
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import Cmd
from autopilot.parameters import Parameters
from autopilot.personality.px4.parameters import Px4Parameters
from autopilot.vehicles.kinds import COPTER, KINDS, vehicle_class
from sitl.kernel import layout as M
from sitl.vehicles import parameters
from sitl.vehicles.airframe import default_settings, initial_state
from sitl.vehicles.boat import SimulatedBoat
from sitl.vehicles.copter import SCALED, SPECIAL, SimulatedCopter
from sitl.vehicles.parameters import apply
from sitl.vehicles.plane import SimulatedPlane
from sitl.vehicles.rover import SimulatedRover
from sortie import MissionItem, Session, mavlink
from tests.fakes.copter_flight import HOME, CopterFlight


def test_every_name_exists_in_the_parameter_table() -> None:
    """No parameter is obeyed that nobody can set."""
    cores = [Parameters(kind.parameters) for kind in KINDS.values()]
    settable = {name for core in cores for name in (*core.names(), *Px4Parameters(core, {}).names())}
    for machine in (SimulatedCopter, SimulatedRover, SimulatedBoat, SimulatedPlane):
        assert (set(machine.scaled) | set(machine.special)) - settable == set()


def test_the_tables_defaults_leave_the_airframe_as_it_is() -> None:
    """All pushed at start: gains, speeds and limits stay those that fit, but for what a default deliberately says."""
    parameters = Parameters(COPTER.parameters)
    plain = default_settings(HOME)
    pushed = plain.copy()
    state, _ = initial_state(0.0, 1)
    values: dict[str, float] = {}
    for name in parameters.names():
        values[name] = parameters[name]
        apply(SCALED, SPECIAL, pushed, state, values, name, values[name])
    deliberate = {L.P_LOW_V, L.P_CAPACITY, L.P_STICK_DN, L.P_LOITER_ACCEL, M.P_FINDER_MIN}
    deliberate |= {L.P_AVOID_ACCEL, L.P_BACKUP_SPEED, L.P_BACKUP_SPEED_Z}  # nothing is avoided without a fence
    changed = {int(i) for i in np.nonzero(~np.isclose(plain, pushed, rtol=0.01, atol=1e-5))[0]}
    assert changed <= deliberate


def test_centimetres_become_metres() -> None:
    """WPNAV_SPEED 400 cm/s is flown as 4 m/s, at once."""
    flight = CopterFlight()
    flight.take_off()
    flight.copter.set_target(Leg((300.0, 0.0, -20.0)))
    flight.run(10.0)
    flight.copter.set_parameter("WPNAV_SPEED", 400.0)
    flight.run(5.0)
    assert flight.copter.state.ground_speed == pytest.approx(4.0, abs=0.4)


def test_names_the_copter_does_not_use_are_ignored() -> None:
    """Whatever the core pushes."""
    flight = CopterFlight()
    flight.copter.set_parameter("NO_SUCH_NAME", 3.0)
    assert flight.run(10.0, VehicleEvent.ESTIMATOR_OK)


def applied(**values: float) -> np.ndarray:
    """The settings after these parameters, in their order."""
    settings, (state, _), known = default_settings(HOME), initial_state(0.0, 1), dict[str, float]()
    for name, value in values.items():
        known[name] = value
        apply(SCALED, SPECIAL, settings, state, known, name, value)
    return settings


def test_the_lean_of_position_control_can_be_less_than_that_of_the_sticks() -> None:
    p = applied(ANGLE_MAX=4500, PSC_ANGLE_MAX=20)
    assert np.degrees(np.arctan(p[L.P_LEAN_MAX])) == pytest.approx(20.0)
    assert np.degrees(p[L.P_STICK_LEAN]) == pytest.approx(45.0)


@pytest.mark.parametrize(
    ("parameters", "accel"),
    [
        ({"LOIT_ACC_MAX": 500.0}, 3.57),  # two thirds of 30 degrees
        ({"LOIT_ACC_MAX": 300.0}, 3.0),
        ({"LOIT_ACC_MAX": 900.0, "LOIT_ANG_MAX": 30.0}, 5.66),
        ({"LOIT_ACC_MAX": 900.0, "ANGLE_MAX": 4500.0}, 5.66),
    ],
)
def test_loiter_accelerates_as_far_as_its_lean_allows(parameters: dict[str, float], accel: float) -> None:
    assert applied(**parameters)[L.P_LOITER_ACCEL] == pytest.approx(accel, abs=0.01)


def test_rate_limits_count_when_they_are_set() -> None:
    own = default_settings(HOME)
    assert applied(ATC_RATE_R_MAX=90, ATC_RATE_P_MAX=0)[L.P_RATE_MAX] == pytest.approx(np.radians(90.0))
    assert applied(ATC_RATE_R_MAX=0)[L.P_RATE_MAX] == own[L.P_RATE_MAX]
    assert applied(ATC_ACCEL_Y_MAX=13500)[L.P_YAW_ACCEL] == pytest.approx(own[L.P_YAW_ACCEL] / 2.0)
    assert applied(ATC_ACCEL_Y_MAX=0)[L.P_YAW_ACCEL] > own[L.P_YAW_ACCEL]


@pytest.mark.parametrize(
    ("name", "setting"),
    [("LAND_SPEED", L.P_LAND_SPEED), ("WPNAV_SPEED_DN", L.P_SPEED_DOWN), ("PILOT_SPEED_DN", L.P_STICK_DN)],
)
def test_a_descent_below_zero_is_one_all_the_same(name: str, setting: int) -> None:
    """ArduCopter takes its size. With LAND_SPEED -50 a landing stayed at LAND_ALT_LOW."""
    assert applied(**{name: -60})[setting] == applied(**{name: 60})[setting] == pytest.approx(0.6)


@pytest.mark.parametrize(("low", "metres"), [(-500, 1.0), (0, 1.0), (99, 1.0), (300, 3.0)])
def test_a_landing_slows_down_a_metre_above_the_ground_at_the_latest(low: float, metres: float) -> None:
    """ArduCopter's land_run_vertical_control; with LAND_ALT_LOW -500 it touched down at 1.6 m/s."""
    assert applied(LAND_ALT_LOW=low)[L.P_LAND_ALT_LOW] == pytest.approx(metres)
    assert applied(MPC_LAND_ALT1=10.0, LAND_ALT_LOW=50.0)[L.P_LAND_ALT_LOW] == pytest.approx(0.5)


@pytest.mark.parametrize("value", [-1e38, 1e38])
def test_limits_act_on_all_kinds(value: float) -> None:
    """Those of `scaled.json`, and wide ones for the others."""
    for machine in (SimulatedCopter, SimulatedPlane):
        p = np.zeros(len(default_settings(HOME)))
        for name, (setting, factor) in machine.scaled.items():
            apply(machine.scaled, {}, p, p, {}, name, value)
            assert abs(p[setting]) < 1e4 if name in LIMITS else abs(p[setting]) == abs(factor) * 1e7, name


def test_a_receiver_of_no_type_is_no_receiver() -> None:
    assert applied(GPS1_TYPE=0)[M.P_GPS_ON] == 0.0
    assert applied(GPS1_TYPE=0, SIM_GPS_DISABLE=0)[M.P_GPS_ON] == 0.0
    assert applied(GPS1_TYPE=1)[M.P_GPS_ON] == 1.0
    assert applied(EK3_SRC1_POSXY=0)[M.P_GPS_ON] == 0.0
    assert applied(EK3_SRC1_POSXY=3)[M.P_GPS_ON] == 1.0


# --- values that no flight can have -----------------------------------------------------------------------------------
LIMITS = json.loads((Path(parameters.__file__).with_name("scaled.json")).read_text(encoding="utf-8"))["limits"]
NOT_OFF = ("WPNAV_ACCEL", "WPNAV_ACCEL_Z", "WPNAV_JERK", "WPNAV_RADIUS")
ABSURD = {
    "sim:copter": (
        *((name, value) for name in NOT_OFF for value in (0.0, -1.0, 1e-9)),
        ("PSC_JERK_XY", -1.0), ("PSC_JERK_Z", -1.0),
        ("WPNAV_JERK", 1e9), ("WPNAV_ACCEL_Z", 1e9), ("SIM_DRAG_ROTOR", 1e9), ("SIM_DRAG_AREA", 1e9),
        ("SIM_BATT_VOLTAGE", 1e9), ("MOT_SPIN_ARM", -1e9),
        ("SIM_DRAG_ROTOR", -1e9), ("SIM_DRAG_AREA", -1e9), ("SIM_BATT_MOHM", -1e9),
    ),
    "sim:plane": (
        ("NAVL1_PERIOD", 0.0), ("SIM_AIR_DENSITY", -1.0), ("SIM_AIR_DENSITY", 1e9), ("SIM_LAUNCH_ACC", 1e9),
    ),
    "sim:quadplane": (("SIM_ARSPD_FAIL", 1e9), ("SIM_ARSPD_RND", 1e9), ("ARSPD_RATIO", 1e30)),
    "sim:rover": (
        ("ATC_TURN_MAX_G", 0.0), ("ATC_TURN_MAX_G", -1.0), ("ATC_STR_ACC_MAX", 1e-30), ("ATC_DECEL_MAX", 1e-30),
        ("WP_JERK", 1e-30),
    ),
}  # fmt: skip


VALUES = st.sampled_from([0.0, 1.0, -1.0, 1e-30, -32768.0, 65535.0, 1e30, -1e30, 3.4e38]) | st.floats(-300.0, 300.0)


def there(command: Cmd, north: float, east: float) -> MissionItem:
    place = to_global(HOME, (north, east, 0.0))
    return MissionItem(command, 3, x=place.lat, y=place.lon, z=30.0)


@pytest.mark.parametrize(("kind", "name", "value"), [(kind, *row) for kind, rows in ABSURD.items() for row in rows])
def test_no_value_takes_a_vehicle_out_of_the_world(kind: str, name: str, value: float) -> None:
    """A station may set anything. Division by a limit of 0, or a root of a negative one, made every number of the
    vehicle a NaN, for ever."""
    way = [there(Cmd.NAV_WAYPOINT, 100.0, 0.0), there(Cmd.NAV_LOITER_TURNS, 100.0, 100.0)]
    with Session(kind, home=HOME) as session:
        session.upload([there(Cmd.NAV_TAKEOFF, 0.0, 0.0), *way] if kind != "sim:rover" else way)
        session.wait_armable()
        session.set_param(name, value)
        session.start()
        session.run_for(60.0)
        assert np.isfinite([*session.state.position, *session.state.attitude, session.truth.place.alt]).all()


@pytest.mark.parametrize(
    ("params", "flown_s"), [({"WPNAV_ACCEL": 0.5}, 30.0), ({"WPNAV_ACCEL": 1.0, "WPNAV_JERK": 1e6}, 200.0)]
)
def test_no_profile_is_too_slow_or_too_sharp_to_be_computed(params: dict[str, float], flown_s: float) -> None:
    """cm/s2 taken for m/s2: the copter's numbers were none while it slowed down on its way."""
    way = [there(Cmd.NAV_TAKEOFF, 0.0, 0.0), *(there(Cmd.NAV_WAYPOINT, *at) for at in ((100.0, 0.0), (100.0, 100.0)))]
    with Session("sim:copter", home=HOME) as session:
        session.upload(way)
        session.start()
        session.run_for(20.0)
        for name, value in params.items():
            session.set_param(name, value)
        session.upload(way)
        session.run_for(flown_s)
        assert np.isfinite(session.service.vehicle.state.report).all()


@pytest.mark.parametrize("params", [{"SIM_WIND_SPD": 1e6, "SIM_DRAG_AREA": 1e30}, {"SIM_GPS_NOISE": 1e30}])
def test_nor_do_several_values_in_the_air(params: dict[str, float]) -> None:
    """Wind at a large drag; home is where a fix with noise was."""
    with Session("sim:copter", home=HOME) as session:
        session.upload([there(Cmd.NAV_TAKEOFF, 0.0, 0.0), there(Cmd.NAV_WAYPOINT, 300.0, 0.0)])
        session.start()
        session.run_for(15.0)
        for name, value in params.items():
            session.set_param(name, value)
        for _ in range(30):
            session.run_for(2.0)
            vector = session.service.vehicle.state.report
            assert np.isfinite(vector).all()
            assert abs(vector[report.LAT]) <= 90.0


def test_air_bounds_how_fast_a_copter_turns() -> None:
    """A gain of the wrong sign, 900 m up: it turned faster and faster until its numbers were none."""
    high = replace(there(Cmd.NAV_TAKEOFF, 0.0, 0.0), z=1000.0)
    with Session("sim:copter", home=HOME, params={"WPNAV_SPEED_UP": 1000.0}) as session:
        session.upload([high, there(Cmd.NAV_WAYPOINT, 300.0, 0.0)])
        session.start()
        session.run_for(100.0)
        session.set_param("ATC_RAT_RLL_P", -1.0)
        session.run_for(5.0)
        rates = session.service.vehicle.state.report[report.P : report.R + 1]
        assert 50.0 < np.abs(rates).max() < 65.0


@settings(max_examples=100, deadline=None)
@given(st.data(), st.sampled_from(["sim:boat", "sim:copter", "sim:plane", "sim:quadplane", "sim:rover"]))
def test_nor_do_any_values_of_any_parameters(data: st.DataObject, kind: str) -> None:
    """Twelve at once, on the way of a mission that is uploaded again. What a station sets acts at once."""
    names = [each.name for each in vehicle_class(kind.removeprefix("sim:")).parameters.definitions]
    drawn = data.draw(st.dictionaries(st.sampled_from(names), VALUES, min_size=1, max_size=12))
    way = [there(Cmd.NAV_WAYPOINT, 100.0, 0.0), there(Cmd.NAV_LOITER_TURNS, 100.0, 100.0)]
    with Session(kind, home=HOME) as session:
        flown = [there(Cmd.NAV_TAKEOFF, 0.0, 0.0), *way] if session.autopilot.facts.vehicle_class.flies else way
        session.upload(flown)
        session.start()
        session.run_for(15.0)
        for name, value in drawn.items():
            with suppress(ValueError):  # what may not be set now, is refused
                session.set_param(name, value)
        session.upload(flown)
        session.run_for(15.0)
        assert np.isfinite(session.service.vehicle.state.report).all()


@pytest.mark.parametrize("kind", ["sim:rover", "sim:copter"])
def test_a_barometer_may_show_any_height(kind: str) -> None:
    """SIM_BARO_GLITCH, from the start: its pressure was infinite."""
    with Session(kind, home=HOME, params={"SIM_BARO_GLITCH": 1e9}) as session:
        session.run_for(20.0)
        assert np.isfinite(session.service.vehicle.state.report).all()


def test_a_filter_faster_than_its_ticks_is_none() -> None:
    """TECS_SPD_OMEGA, in the mode of a pilot who pulls and rolls."""
    with Session("sim:plane", home=HOME) as session:
        session.upload([there(Cmd.NAV_TAKEOFF, 0.0, 0.0), there(Cmd.NAV_WAYPOINT, 600.0, 0.0)])
        session.set_param("TECS_SPD_OMEGA", 1e9)
        session.start()
        session.run_for(15.0)
        link = session.connect()
        for mode in ("CRUISE", "FBWA", "ACRO", "STABILIZE"):
            session.set_mode(mode)
            for sticks in ((1900, 1300, 1700, 1700), (1300, 1700, 1500, 1500)):
                for _ in range(4):
                    link.send(mavlink.MAVLink_rc_channels_override_message(1, 1, *sticks, 0, 0, 0, 0))
                    session.run_for(1.0)
        assert np.isfinite(session.state.position).all()


def test_help_of_lift_motors_is_not_told_before_it_is_needed() -> None:
    """Q_ASSIST_DELAY below 0."""
    with Session("sim:quadplane", home=HOME, params={"Q_ASSIST_DELAY": -1.0}) as session:
        session.upload([there(Cmd.NAV_TAKEOFF, 0.0, 0.0), there(Cmd.NAV_WAYPOINT, 300.0, 0.0)])
        link = session.connect()
        session.start()
        session.run_for(40.0)
        texts = [message.text for message in link.messages() if message.get_type() == "STATUSTEXT"]
        assert not [text for text in texts if "assist" in text]


@pytest.mark.parametrize("name", ["MPC_ACC_HOR", "MPC_JERK_AUTO"])
def test_nor_one_of_px4(name: str) -> None:
    with Session("sim:copter", home=HOME, firmware="px4") as session:
        session.upload([there(Cmd.NAV_TAKEOFF, 0.0, 0.0), there(Cmd.NAV_WAYPOINT, 100.0, 0.0)])
        session.wait_armable()
        session.set_param(name, -1.0)
        session.start()
        session.run_for(20.0)
        assert np.isfinite(session.state.position).all()


@pytest.mark.parametrize("name", NOT_OFF)
def test_a_leg_has_limits_even_if_they_are_set_to_0(name: str) -> None:
    """As in ArduCopter (AC_WPNav). Without jerk each leg was over where it began; without the others it never was."""
    items = [there(Cmd.NAV_TAKEOFF, 0.0, 0.0), *(there(Cmd.NAV_WAYPOINT, 60.0, east) for east in (0.0, 60.0))]
    with Session("sim:copter", home=HOME, params={name: 0.0}) as session:
        session.upload(items)
        session.start()
        session.run_until(lambda s: s.state.mission.item == 3, timeout_s=60.0)
        assert session.state.position[0] > 58.0
        session.run_until(lambda s: s.state.position[1] > 59.0, timeout_s=60.0)
        assert session.state.mode == "AUTO"
