"""A plane flies its targets: lines, circles, heights, airspeeds, takeoffs and landings."""

from __future__ import annotations

import hashlib
from math import degrees, hypot, radians

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from autopilot.interface import report as R
from autopilot.interface.geo import GeoPoint
from autopilot.interface.targets import (
    NO_STICKS,
    Attitude,
    Circle,
    Drive,
    Hold,
    Land,
    Leg,
    Pilot,
    PilotKind,
    Speeds,
    Sticks,
    TakeOff,
    Velocity,
)
from autopilot.interface.vehicle import VehicleEvent
from sitl.kernel import layout as M
from sitl.vehicles.aerodynamics import Airframe
from sitl.vehicles.plane import SimulatedPlane
from tests.fakes.aerosonde import AEROSONDE
from tests.fakes.plain_kernel import printed_by
from tests.fakes.plane_flight import WEST_WIND, PlaneFlight, beside
from tests.fakes.simulated_run import HOME

SCRIPT = "from tests.sitl.kernel.test_plane_flight import short_flight; print(short_flight())"


# --- a whole flight -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("wind", [{}, {**WEST_WIND, "SIM_WIND_TURB": 2.0}], ids=["calm", "gusts"])
def test_takeoff_four_legs_a_loiter_and_a_landing(wind: dict[str, float]) -> None:
    """From its wheels to its wheels, on the ground where it was told, softly, and nothing past its limits."""
    flight = PlaneFlight(wind).airborne(60.0)
    places = [(600.0, 0.0, -80.0), (600.0, 500.0, -80.0), (0.0, 500.0, -80.0), (0.0, -300.0, -80.0)]
    for place, after in zip(places, [*places[1:], (0.0, 0.0, -80.0)], strict=True):
        flight.to(Leg(place, next=after, radius=50.0), 120.0)
        assert hypot(flight.now(R.TRUE_N) - place[0], flight.now(R.TRUE_E) - place[1]) < 60.0
    flight.to(Circle((0.0, 0.0, -80.0), 80.0, 1, 2.0, leave_for=(800.0, 0.0, -60.0)))
    flight.to(Leg((800.0, 0.0, -60.0), radius=50.0))
    raised = flight.to(Land((0.0, 0.0), approach=(800.0, 0.0, -60.0)))
    assert raised & VehicleEvent.LANDED
    assert not raised & VehicleEvent.CRASHED
    assert abs(flight.now(R.TRUE_E)) < 12.0
    assert -60.0 < flight.now(R.TRUE_N) < 60.0
    assert flight.now(R.TOUCHDOWN_SPEED) < 1.5
    assert flight.vehicle.disarm().ok
    assert np.isfinite(np.array(flight.rows)).all()
    assert np.abs(np.degrees(flight.seen(R.NAV_ROLL))).max() <= 65.0
    assert np.degrees(flight.seen(R.NAV_PITCH)).min() >= -20.0
    assert np.degrees(flight.seen(R.NAV_PITCH)).max() <= 25.0
    assert flight.seen(R.STALL_MARGIN).min() > radians(5.0)


def test_the_second_airframe_flies_by_the_same_laws() -> None:
    """The Aerosonde of Beard and McLain: another row of numbers, no other code. By catapult."""
    flight = PlaneFlight({"SIM_LAUNCH_ACC": 15.0, "SIM_LAUNCH_TIME": 2.0}, body=AEROSONDE).airborne(60.0)
    flight.to(Circle((300.0, 300.0, -80.0), 150.0, -1, 1.0))
    flight.forget()
    flight.fly(20.0)
    assert abs(float(np.mean(flight.seen(R.AIR_SPEED))) - 22.0) < 1.0
    assert np.abs(flight.seen(R.DOWN) + 80.0).max() < 5.0


def test_it_keeps_the_least_ground_speed_against_the_wind() -> None:
    """MIN_GROUNDSPEED, whatever the airspeed that was told (ArduPlane's calc_airspeed_errors)."""
    flight = PlaneFlight({"SIM_WIND_SPD": 12.0, "SIM_WIND_DIR": 0.0, "MIN_GROUNDSPEED": 14.0}).airborne()
    flight.vehicle.set_speeds(Speeds(18.0, 3.0, 3.0))
    flight.vehicle.set_target(Leg((4000.0, 0.0, -80.0)))
    flight.fly(25.0)
    flight.forget()
    flight.fly(10.0)
    assert float(np.mean(np.hypot(flight.seen(R.VN), flight.seen(R.VN + 1)))) == pytest.approx(14.0, abs=0.5)


def test_a_landing_slows_down_whatever_speed_was_told() -> None:
    """To the middle of AIRSPEED_CRUISE and AIRSPEED_MIN, from 28 m/s (type_slope_get_target_airspeed_cm)."""
    flight = PlaneFlight({"AIRSPEED_CRUISE": 22.0, "AIRSPEED_MIN": 10.0}).airborne(60.0)
    flight.vehicle.set_speeds(Speeds(28.0, 3.0, 3.0))
    flight.to(Leg((700.0, 0.0, -60.0), radius=50.0))
    assert flight.now(R.AIR_SPEED) > 26.0
    flight.vehicle.set_target(Land((-100.0, 0.0), approach=(650.0, 0.0, -60.0)))
    flight.fly(60.0, VehicleEvent.LANDED)
    high = -flight.seen(R.DOWN) > 6.0
    assert flight.seen(R.AIR_SPEED)[high][-1] == pytest.approx(16.0, abs=0.5)


# --- lines and circles --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("direction", [0.0, 90.0, 200.0])
def test_it_converges_on_a_line_in_wind(direction: float) -> None:
    """From 150 m beside it, joining at no more than 45 degrees, without overshoot beyond a tenth, to within 2 m."""
    flight = PlaneFlight({"SIM_WIND_SPD": 8.0, "SIM_WIND_DIR": direction}).airborne()
    flight.to(Leg((200.0, 150.0, -80.0), radius=50.0))
    flight.forget()
    a, b = (200.0, 0.0), (4000.0, 0.0)
    flight.vehicle.set_target(Leg((*b, -80.0), start=(*a, -80.0)))
    flight.fly(70.0)
    off = beside(flight, a, b)
    assert np.abs(off[-50:]).max() < 2.0
    assert off.min() > -25.0


@pytest.mark.parametrize("direction", [1, -1])
def test_it_circles_either_way_in_wind(direction: int) -> None:
    """Within a quarter of the radius of the edge, at height and airspeed, its turns counted."""
    flight = PlaneFlight(WEST_WIND).airborne()
    flight.to(Circle((300.0, 0.0, -80.0), 100.0, direction, 1.0))
    flight.forget()
    flight.vehicle.set_target(Circle((300.0, 0.0, -80.0), 100.0, direction, 2.0))
    begun = flight.vehicle.state.time_ms
    assert flight.fly(120.0, VehicleEvent.ARRIVED) & VehicleEvent.ARRIVED
    away = np.hypot(flight.seen(R.TRUE_N) - 300.0, flight.seen(R.TRUE_E))
    assert np.abs(away - 100.0).max() < 25.0
    angle = np.unwrap(np.arctan2(flight.seen(R.TRUE_E), flight.seen(R.TRUE_N) - 300.0))
    assert direction * (angle[-1] - angle[0]) / (2.0 * np.pi) == pytest.approx(2.0, abs=0.15)
    assert 40.0 < (flight.vehicle.state.time_ms - begun) / 1000.0 < 90.0
    assert np.abs(flight.seen(R.DOWN) + 80.0).max() < 5.0


class Elsewhere(PlaneFlight):
    """So high above the sea, in air of this share of the standard atmosphere's density."""

    def __init__(self, alt_m: float, density: float = 1.0, **params: float) -> None:
        self._home = GeoPoint(HOME.lat, HOME.lon, alt_m)
        super().__init__({"SIM_AIR_DENSITY": density, **params})

    def made(self, seed: int, body: Airframe) -> SimulatedPlane:
        return SimulatedPlane(self._home, 0.0, seed, body=body)


def test_in_thin_air_it_flies_faster_at_the_same_airspeed_shown() -> None:
    """The autopilot knows the standard atmosphere alone: by the root of the density."""
    true = []
    for density in (1.0, 0.9):
        flight = Elsewhere(0.0, density).airborne()
        flight.to(Leg((800.0, 0.0, -80.0), radius=50.0))
        true.append(float(np.median(np.hypot(flight.seen(R.VN)[-20:], flight.seen(R.VE)[-20:]))))
    assert true[1] / true[0] == pytest.approx(0.9**-0.5, abs=0.01)


@pytest.mark.parametrize(("bank_deg", "wider"), [(0.0, 1.19), (20.0, 1.19), (27.0, 1.16), (45.0, 1.0)])
def test_a_circle_in_thin_air_is_wider_by_its_density(bank_deg: float, wider: float) -> None:
    """AP_L1_Control::loiter_radius: at 2000 m above the sea by a fifth, but with NAVL1_LIM_BANK as far as that bank
    wants it: 135 m, 97 m and 49 m at sea level. (The edge that it flies is 2 % within that which it is told.)"""
    away = []
    for alt_m in (0.0, 2000.0):
        flight = Elsewhere(alt_m, NAVL1_LIM_BANK=bank_deg).airborne()
        flight.to(Circle((300.0, 0.0, -80.0), 100.0, 1, 1.0))
        flight.forget()
        flight.vehicle.set_target(Circle((300.0, 0.0, -80.0), 100.0, 1, 2.0))
        flight.fly(60.0)
        away.append(float(np.median(np.hypot(flight.seen(R.TRUE_N) - 300.0, flight.seen(R.TRUE_E)))))
    assert away[1] / away[0] == pytest.approx(wider, abs=0.012)


def test_a_leg_without_a_next_one_ends_in_a_circle_round_its_end() -> None:
    flight = PlaneFlight().airborne()
    flight.to(Leg((500.0, 0.0, -80.0), radius=50.0))
    flight.fly(30.0)
    flight.forget()
    flight.fly(30.0)
    away = np.hypot(flight.seen(R.NORTH) - 500.0, flight.seen(R.EAST))
    assert away.min() > 60.0
    assert away.max() < 110.0


def test_a_circle_is_left_at_its_height_and_towards_the_next_place() -> None:
    """NAV_LOITER_TO_ALT: not before both."""
    flight = PlaneFlight().airborne()
    flight.to(Circle((300.0, 0.0, -160.0), 100.0, 1, None, at_height=True, leave_for=(300.0, 2000.0, -160.0)))
    assert abs(flight.now(R.DOWN) + 160.0) <= 5.0
    course = np.arctan2(flight.now(R.VE), flight.now(R.VN))
    wanted = np.arctan2(2000.0 - flight.now(R.EAST), 300.0 - flight.now(R.NORTH))
    assert abs(degrees(course - wanted)) < 25.0


@pytest.mark.parametrize(("way", "turns"), [(1, 3), (-1, 2)], ids=["the same way round", "the other way round"])
def test_turns_after_another_circle_count_the_change_of_its_middle(way: int, turns: int) -> None:
    """ArduPlane's count goes on from the last circle: a quarter less for one flown the same way round, a quarter more
    for the other. Two turns, left an eighth behind their beginning, become three, or two."""
    flight = PlaneFlight().airborne()
    flight.to(Circle((0.0, 0.0, -80.0), 60.0, 1, 1.0, leave_for=(600.0, 0.0, -80.0)))
    flight.forget()
    flight.to(Circle((600.0, 0.0, -80.0), 60.0, way, 2.0, leave_for=(1200.0, -600.0 * way, -80.0)))
    angle = np.unwrap(np.arctan2(flight.seen(R.EAST), flight.seen(R.NORTH) - 600.0))
    assert round(way * (angle[-1] - angle[0]) / (2.0 * np.pi) - 0.125) == turns


def test_what_a_copter_holds_it_circles_and_drive_it_refuses() -> None:
    flight = PlaneFlight().airborne()
    flight.to(Hold((400.0, 0.0, -80.0)))
    flight.to(Hold(None))
    flight.fly(40.0)
    assert hypot(flight.now(R.NORTH) - 400.0, flight.now(R.EAST)) < 320.0
    with pytest.raises(TypeError, match="Drive"):
        flight.vehicle.set_target(Drive(1.0))


# --- height and airspeed ------------------------------------------------------------------------------------------
def test_height_and_airspeed_are_held_and_change_within_their_limits() -> None:
    """TECS_CLMB_MAX and TECS_SINK_MAX on the way to another height; airspeed within 1.5 m/s all the time."""
    flight = PlaneFlight().airborne()
    flight.to(Circle((0.0, 0.0, -80.0), 150.0, 1, 1.0))
    for height in (180.0, 60.0):
        flight.forget()
        flight.vehicle.set_target(Circle((0.0, 0.0, -height), 150.0, 1))
        flight.fly(60.0)
        assert abs(flight.now(R.DOWN) + height) < 2.0
        assert -flight.seen(R.VD).min() < 5.0 + 0.8
        assert flight.seen(R.VD).max() < 5.0 + 0.8
        assert np.abs(flight.seen(R.AIR_SPEED) - 22.0).max() < 2.0
    for speed in (28.0, 15.0):
        flight.vehicle.set_speeds(Speeds(speed, 5.0, 5.0))
        flight.fly(30.0)
        flight.forget()
        flight.fly(10.0)
        assert abs(float(np.mean(flight.seen(R.AIR_SPEED))) - speed) < 0.5
        assert np.abs(flight.seen(R.DOWN) + 60.0).max() < 3.0


def test_a_turn_never_takes_it_below_its_least_airspeed() -> None:
    """Stall prevention: at 12 m/s no bank is flown that needs more than AIRSPEED_MIN carries, and the airspeed that is
    demanded rises with the load."""
    flight = PlaneFlight({"AIRSPEED_CRUISE": 12.0}).airborne()
    flight.vehicle.set_speeds(Speeds(12.0, 5.0, 5.0))
    flight.fly(25.0)
    flight.forget()
    flight.vehicle.set_target(Circle((0.0, 0.0, -80.0), 20.0, 1))
    flight.fly(60.0)
    load = 1.0 / np.cos(flight.seen(R.NAV_ROLL))
    least = 10.0 * np.sqrt(load)
    steep = np.abs(np.degrees(flight.seen(R.NAV_ROLL))) > 26.0
    assert (flight.seen(R.AIR_SPEED)[steep] > least[steep] - 0.6).all()
    assert (flight.seen(R.TARGET_AIR_SPEED) > least - 0.3).all()
    assert flight.seen(R.STALL_MARGIN).min() > radians(5.0)


def test_a_leg_climbs_along_its_slope() -> None:
    flight = PlaneFlight().airborne()
    flight.to(Leg((400.0, 0.0, -80.0), next=(1600.0, 0.0, -140.0), radius=50.0))
    flight.forget()
    flight.to(Leg((1600.0, 0.0, -140.0), start=(400.0, 0.0, -80.0), radius=50.0))
    share = (flight.seen(R.TRUE_N) - 400.0) / 1200.0
    slope = 80.0 + 60.0 * share
    late = share > 0.3
    assert np.abs(-flight.seen(R.TRUE_D) - slope)[late].max() < 8.0


# --- where a target begins, and where it ends ------------------------------------------------------------------------
def test_the_way_to_a_circle_is_told_to_its_centre() -> None:
    """As ArduPlane's wp_dist."""
    flight = PlaneFlight().airborne()
    flight.to(Circle((300.0, 0.0, -80.0), 100.0, 1, 1.0))
    assert flight.now(R.WP_DISTANCE) == pytest.approx(hypot(flight.now(R.NORTH) - 300.0, flight.now(R.EAST)), abs=0.1)


def test_the_beginning_of_a_way_is_told_to_its_goal() -> None:
    """A climb of RTL straight ahead."""
    flight = PlaneFlight().airborne()
    flight.vehicle.set_target(TakeOff(-200.0, pitch=0.2, goal=(0.0, 0.0)))
    flight.fly(5.0)
    assert flight.now(R.WP_DISTANCE) == pytest.approx(hypot(flight.now(R.NORTH), flight.now(R.EAST)), abs=0.1)


@pytest.mark.parametrize("down", [-95.0, -65.0])
def test_a_bank_at_a_height_is_flown_there(down: float) -> None:
    """CIRCLE after DO_CHANGE_ALTITUDE."""
    flight = PlaneFlight().airborne()
    flight.vehicle.set_target(Attitude(0.3, 0.0, 0.0, timeout_ms=10**9, down=down))
    flight.fly(30.0)
    flight.forget()
    flight.fly(20.0)
    assert np.abs(flight.seen(R.DOWN) - down).max() < 1.0


@pytest.mark.parametrize(("above", "sinks"), [(5.0, False), (0.0, True)])
def test_a_climb_that_it_is_above_of_begins_anew_or_not(above: float, sinks: bool) -> None:
    """ALT_SLOPE_MAXHGT."""
    flight = PlaneFlight({"ALT_SLOPE_MAXHGT": above}).airborne()
    flight.forget()
    flight.vehicle.set_target(Leg((2500.0, 0.0, -120.0), start=(300.0, 0.0, -40.0)))
    flight.fly(25.0)
    assert bool(-flight.seen(R.DOWN).max() < 70.0) is sinks


@pytest.mark.parametrize("radius", [60.0, 0.0, -1.0])
def test_what_runs_out_is_circled_at_a_radius_that_can_be_flown(radius: float) -> None:
    """WP_LOITER_RAD; up to 1 m it is 60 m (ArduPlane's update_loiter)."""
    flight = PlaneFlight({"WP_LOITER_RAD": radius}).airborne(100.0)
    flight.vehicle.set_target(Velocity((0.0, 18.0, 0.0), timeout_ms=100))
    flight.fly(60.0)
    flight.forget()
    flight.fly(40.0)
    north, east = flight.seen(R.NORTH), flight.seen(R.EAST)
    assert 140.0 < max(np.ptp(north), np.ptp(east)) < 170.0


@pytest.mark.parametrize(("least", "end_m", "at_once"), [(15.0, 112.0, True), (10.0, 112.0, False), (0.0, 160.0, True)])
def test_small_changes_of_height_are_flown_at_once(least: float, end_m: float, at_once: bool) -> None:
    """ALT_SLOPE_MIN."""
    flight = PlaneFlight({"ALT_SLOPE_MIN": least, "ALT_SLOPE_MAXHGT": 0.0}).airborne(100.0)
    flight.vehicle.set_target(Leg((3000.0, 0.0, -end_m), start=(300.0, 0.0, -100.0)))
    flight.fly(30.0)
    assert bool(-flight.now(R.DOWN) > end_m - 4.0) is at_once


@pytest.mark.parametrize(("from_m", "at_once"), [(15.0, True), (30.0, False)])
def test_a_climb_that_begins_low_is_flown_at_once(from_m: float, at_once: bool) -> None:
    """Below 20 m, to its end (ArduPlane's setup_alt_slope): from 20 m on it followed the slope of its leg."""
    flight = PlaneFlight().airborne(from_m)
    flight.vehicle.set_target(Leg((3000.0, 0.0, -100.0)))
    flight.fly(40.0)
    assert (-flight.now(R.DOWN) > 95.0) is at_once


def test_attitudes_and_velocities_are_flown_and_run_out() -> None:
    """A commanded bank and climb; a course over ground at an airspeed; neither goes on when it is not renewed."""
    flight = PlaneFlight().airborne(100.0)
    flight.vehicle.set_target(Attitude(radians(20.0), 0.0, 0.0, climb=1.0, timeout_ms=20_000))
    flight.fly(18.0)  # the throttle of the takeoff has gone (TECS_THR_ERATE)
    assert degrees(flight.now(R.ROLL)) == pytest.approx(20.0, abs=3.0)
    assert -flight.now(R.VD) == pytest.approx(1.0, abs=0.6)
    flight.fly(6.0)
    assert abs(degrees(flight.now(R.ROLL))) < 3.0
    flight.vehicle.set_target(Velocity((0.0, 18.0, 0.0), timeout_ms=25_000))
    flight.fly(24.0)
    assert degrees(flight.now(R.YAW)) == pytest.approx(90.0, abs=5.0)
    assert flight.now(R.AIR_SPEED) == pytest.approx(18.0, abs=1.0)
    flight.fly(30.0)
    assert abs(degrees(flight.now(R.ROLL))) > 15.0  # it circles


@pytest.mark.parametrize(
    "by_hand",
    [Pilot(PilotKind.FBWA), Attitude(0.0, radians(12.0), 0.0, thrust=0.9, thrust_is_climb=False, timeout_ms=30_000)],
    ids=["fbwa", "thrust"],
)
def test_what_follows_a_flight_by_hand_begins_at_its_height(by_hand: Pilot | Attitude) -> None:
    """A law of height that was not asked for a while does not go back to the height that it knew (AP_TECS begins anew
    after 0.2 s): from 30 m higher it would dive there."""
    flight = PlaneFlight().airborne()
    flight.vehicle.set_target(by_hand)
    flight.vehicle.set_sticks(Sticks(pitch=-0.5, throttle=0.9) if isinstance(by_hand, Pilot) else NO_STICKS)
    flight.fly(25.0)
    height = -flight.now(R.TRUE_D)
    assert height > 110.0
    flight.vehicle.set_sticks(NO_STICKS)
    flight.vehicle.set_target(Hold((flight.now(R.TRUE_N), flight.now(R.TRUE_E), -height)))
    flight.forget()
    flight.fly(15.0)
    assert np.abs(flight.seen(R.TRUE_D) + height).max() < 9.0


# --- on the ground ------------------------------------------------------------------------------------------------
def test_nothing_but_a_takeoff_or_a_pilot_moves_it_on_the_ground() -> None:
    """ArduPlane's suppressed throttle: armed with a leg it stands."""
    flight = PlaneFlight()
    assert flight.vehicle.arm().ok
    flight.vehicle.set_target(Leg((500.0, 0.0, -50.0)))
    flight.fly(10.0)
    assert flight.now(R.THROTTLE) == 0.0
    assert hypot(flight.now(R.TRUE_VN), flight.now(R.TRUE_VE)) < 0.1
    flight.vehicle.hold_motors(True)
    flight.vehicle.set_target(TakeOff(-50.0, pitch=0.2))
    flight.fly(3.0)
    assert flight.now(R.THROTTLE) == 0.0
    flight.vehicle.hold_motors(False)
    assert flight.fly(20.0, VehicleEvent.LIFTOFF) & VehicleEvent.LIFTOFF
    assert not flight.vehicle.disarm().ok


def test_who_lies_still_with_an_open_throttle_has_landed() -> None:
    """Its engine gave out on a circle, so it opens the throttle all the way down and behind it."""
    flight = PlaneFlight().airborne(40.0)
    flight.vehicle.set_target(Circle((0.0, 0.0, -40.0), 100.0, 1))
    flight.vehicle.inject_fault("motor1.loss", None, active=True)
    flight.fly(60.0, VehicleEvent.LANDED | VehicleEvent.CRASHED)
    flight.fly(20.0)
    assert hypot(flight.now(R.TRUE_VN), flight.now(R.TRUE_VE)) < 0.5
    assert flight.vehicle.state.landed
    assert flight.vehicle.disarm().ok


# --- limits, whatever the wind ------------------------------------------------------------------------------------
@example(11.0, 180.0, 3.0, 40.0, -1)
@given(
    st.floats(0.0, 12.0), st.floats(0.0, 360.0), st.floats(0.0, 3.0), st.floats(30.0, 250.0), st.sampled_from([1, -1])
)
def test_no_wind_takes_it_past_its_limits(
    speed: float, direction: float, gusts: float, radius: float, way: int
) -> None:
    """Bank, pitch and airspeed that are demanded stay within the parameters, and no number becomes none."""
    wind = {"SIM_WIND_SPD": speed, "SIM_WIND_DIR": direction, "SIM_WIND_TURB": gusts}
    flight = PlaneFlight(wind).airborne()
    flight.vehicle.set_target(Circle((200.0, 100.0, -120.0), radius, way))
    flight.fly(40.0)
    assert np.isfinite(np.array(flight.rows)).all()
    assert np.abs(np.degrees(flight.seen(R.NAV_ROLL))).max() <= 65.0 + 1e-9
    assert np.degrees(flight.seen(R.NAV_PITCH)).max() <= 25.0 + 1e-9
    assert np.degrees(flight.seen(R.NAV_PITCH)).min() >= -20.0 - 1e-9
    flying = flight.seen(R.GROUND_CONTACT) == 0.0
    least = 10.0 / np.sqrt(np.cos(flight.seen(R.NAV_ROLL)))
    assert (flight.seen(R.TARGET_AIR_SPEED)[flying] >= least[flying] - 0.3).all()
    assert flight.seen(R.STALL_MARGIN)[flying].min() > radians(2.0)


# --- bytes --------------------------------------------------------------------------------------------------------
def short_flight() -> str:
    """Digest of the report after boot, takeoff and a turn in a gusty wind."""
    flight = PlaneFlight({**WEST_WIND, "SIM_WIND_TURB": 1.0}, seed=7)
    flight.vehicle.arm(force=True)
    flight.vehicle.set_target(TakeOff(-25.0, pitch=radians(12.0)))
    flight.fly(6.0)
    flight.vehicle.set_target(Circle((100.0, 100.0, -40.0), 60.0, 1))
    flight.fly(3.0)
    assert flight.vehicle._s[M.S_CONTACT] == 0.0
    return hashlib.sha256(flight.vehicle.state.report.tobytes()).hexdigest()


def test_compiled_and_plain_agree_bit_for_bit() -> None:
    """The same functions without numba's compiler give the same bytes, and no warning."""
    assert printed_by(SCRIPT) == short_flight()
