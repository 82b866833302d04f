"""A quadplane: hovering, on its wings, and the ways from one to the other."""

from __future__ import annotations

import hashlib
from math import degrees, hypot

import numpy as np
import pytest

from autopilot.interface import layout as L
from autopilot.interface import report as R
from autopilot.interface.targets import Circle, Land, Leg, Pilot, PilotKind, Sticks, TakeOff
from autopilot.interface.vehicle import VehicleEvent
from autopilot.mav import VtolState
from sitl.kernel import layout as M
from sitl.vehicles.aerodynamics import Airframe
from sitl.vehicles.plane import SimulatedPlane
from sitl.vehicles.quadplane import make_quadplane
from tests.fakes.plain_kernel import printed_by
from tests.fakes.plane_flight import PlaneFlight
from tests.fakes.simulated_run import HOME

SCRIPT = "from tests.sitl.kernel.test_quadplane_flight import short_flight; print(short_flight())"
WIND = {"SIM_WIND_SPD": 6.0, "SIM_WIND_DIR": 90.0, "SIM_WIND_TURB": 1.0}


class QuadplaneFlight(PlaneFlight):
    """A quadplane, hovering at 30 m when it is `up`."""

    def made(self, seed: int, body: Airframe) -> SimulatedPlane:
        return make_quadplane(HOME, 0.0, seed)

    def up(self, height: float = 30.0) -> QuadplaneFlight:
        assert self.vehicle.arm().ok
        self.to(TakeOff(-height), 60.0)
        return self


def states(flight: PlaneFlight) -> list[VtolState]:
    """What it was in turn, by its report."""
    seen = flight.seen(R.VTOL_STATE)
    return [VtolState(int(one)) for k, one in enumerate(seen) if k == 0 or one != seen[k - 1]]


@pytest.mark.parametrize("wind", [{}, WIND], ids=["calm", "gusts"])
def test_up_out_round_and_down_on_its_pad(wind: dict[str, float]) -> None:
    """Hover, wings, hover: each once, the height held on the ways between, and down where it was told."""
    flight = QuadplaneFlight(wind).up()
    assert hypot(flight.now(R.TRUE_N), flight.now(R.TRUE_E)) < 2.0
    flight.to(Leg((400.0, 0.0, -50.0), next=(400.0, 400.0, -50.0), radius=50.0), 90.0)
    assert flight.seen(R.DOWN)[-1] < -28.0
    flight.to(Circle((400.0, 200.0, -50.0), 100.0, 1, 1.0))
    assert flight.now(R.AIR_SPEED) == pytest.approx(25.0, abs=1.5)
    assert flight.vehicle._s[M.S_M1] < 0.01
    flight.to(Land((0.0, 0.0)), 200.0)
    assert states(flight) == [
        VtolState.MC,
        VtolState.TRANSITION_TO_FW,
        VtolState.FW,
        VtolState.TRANSITION_TO_MC,
        VtolState.MC,
    ]
    assert hypot(flight.now(R.TRUE_N), flight.now(R.TRUE_E)) < 1.5
    assert flight.now(R.TOUCHDOWN_SPEED) < 1.0
    braking = flight.seen(R.VTOL_STATE) == VtolState.TRANSITION_TO_MC
    assert np.abs(flight.seen(R.DOWN)[braking] + 50.0).max() < 4.0
    assert np.isfinite(np.array(flight.rows)).all()


def test_a_transition_has_a_least_throttle() -> None:
    """TKOFF_THR_MIN: as in ArduPlane the total energy of this narrow range stays at its lower end (its test
    TransitionMinThrottle), until the lift motors have faded."""
    flight = QuadplaneFlight({"TKOFF_THR_MIN": 80.0}).up()
    flight.vehicle.set_target(Leg((2000.0, 0.0, -30.0)))
    flight.forget()
    flight.fly(12.0)
    changing = flight.seen(R.VTOL_STATE) == VtolState.TRANSITION_TO_FW
    opened = changing & (np.cumsum(changing) > 10)  # THR_SLEWRATE: a second
    assert opened.sum() > 15
    assert flight.seen(R.THROTTLE)[opened] == pytest.approx(0.8)
    assert flight.seen(R.THROTTLE)[-1] < 0.75


def test_told_to_land_where_it_is_it_brakes_with_its_nose_up() -> None:
    """As ArduPlane's QLAND: it stands within 110 m from 25 m/s, and not by its drag alone (150 m)."""
    flight = QuadplaneFlight().up(60.0)
    flight.to(Leg((600.0, 0.0, -60.0), next=(1600.0, 0.0, -60.0), radius=50.0), 90.0)
    begun = flight.now(R.TRUE_N)
    flight.forget()
    flight.vehicle.set_target(Land())
    flight.fly(15.0)
    assert hypot(flight.now(R.VN), flight.now(R.VE)) < 1.0
    assert flight.now(R.TRUE_N) - begun < 110.0
    assert 15.0 < np.degrees(flight.seen(R.PITCH)).max() < 32.0


def test_it_comes_down_on_the_way_to_its_pad_where_it_is_told() -> None:
    """Linearly between the two distances, and stays at the lower height to hover in."""
    flight = QuadplaneFlight().up(60.0)
    flight.to(Leg((900.0, 0.0, -60.0), next=(900.0, 300.0, -60.0), radius=50.0), 90.0)
    flight.forget()
    flight.vehicle.set_target(Land((0.0, 0.0), comes_down=((160.0, -20.0), (700.0, -60.0))))
    flight.fly(60.0)
    away, up = np.hypot(flight.seen(R.TRUE_N), flight.seen(R.TRUE_E)), -flight.seen(R.TRUE_D)
    at_430, at_120 = (up[np.flatnonzero(away < metres)[0]] for metres in (430.0, 120.0))
    assert (at_430, at_120) == pytest.approx((40.0, 20.0), abs=6.0)


@pytest.mark.parametrize(("near_m", "half_way"), [(160.0, 21.0), (0.0, 30.0)])
def test_a_hover_comes_down_on_the_way_to_its_place_too(near_m: float, half_way: float) -> None:
    """As ArduPlane, to Q_RTL_ALT at once (QRTL) or along the way (GUIDED); it kept its height until it was there."""
    flight = QuadplaneFlight().up(40.0)
    flight.forget()
    flight.vehicle.set_target(Land((120.0, 0.0), sink=0.0, comes_down=((near_m, -20.0), (near_m + 120.0, -40.0))))
    flight.fly(60.0)
    up, away = -flight.seen(R.TRUE_D), np.hypot(flight.seen(R.TRUE_N) - 120.0, flight.seen(R.TRUE_E))
    assert up[np.flatnonzero(away < 60.0)[0]] == pytest.approx(half_way, abs=3.0)
    assert up[np.flatnonzero(away < 1.0)[0]] == pytest.approx(20.5, abs=2.0)


def test_the_way_to_the_wings_takes_its_time_and_its_airspeed() -> None:
    """The lift motors carry until AIRSPEED_MIN, then fade within Q_TRANSITION_MS; it hardly sinks on the way."""
    times = {}
    for milliseconds in (2000.0, 8000.0):
        flight = QuadplaneFlight({"Q_TRANSITION_MS": milliseconds, "Q_ASSIST_SPEED": 0.0}).up()
        flight.forget()
        flight.vehicle.set_target(Leg((2000.0, 0.0, -30.0)))
        flight.fly(25.0)
        changing = flight.seen(R.VTOL_STATE) == VtolState.TRANSITION_TO_FW
        times[milliseconds] = changing.sum() * 0.2
        assert flight.seen(R.DOWN).max() < -23.0
        assert flight.now(R.VTOL_STATE) == VtolState.FW
    assert times[8000.0] - times[2000.0] == pytest.approx(6.0, abs=0.5)


def test_on_its_way_to_the_wings_it_keeps_its_height_and_gains_airspeed() -> None:
    """The airspeed that is demanded is that of the way from the beginning: no underspeed is noted while lift motors
    carry, and pitch looks after height alone (AP_TECS at stage VTOL). It sank by 7 m."""
    flight = QuadplaneFlight().up()
    flight.forget()
    flight.vehicle.set_target(Leg((2000.0, 0.0, -30.0)))
    flight.fly(9.0)
    assert flight.seen(R.TRUE_D).max() < -29.0
    assert flight.now(R.TRUE_AIR_SPEED) > 23.0


def test_too_slow_on_its_wings_the_motors_carry_again() -> None:
    """Q_ASSIST_SPEED: a pusher that is too weak to fly on is helped, and the height is held."""
    flight = QuadplaneFlight({"THR_MAX": 100.0}).up(60.0)
    flight.to(Leg((500.0, 0.0, -60.0), radius=50.0), 90.0)
    flight.fly(5.0)
    assert flight.now(R.VTOL_STATE) == VtolState.FW
    flight.vehicle._p[M.P_THRUST_1] *= 0.2  # the pusher fails
    flight.vehicle.set_target(Leg((4000.0, 0.0, -60.0)))
    flight.forget()
    flight.fly(40.0)
    assert flight.seen(R.VTOL_STATE)[-1] == VtolState.TRANSITION_TO_FW
    assert flight.seen(R.DOWN).max() < -35.0
    assert np.abs(flight.seen(R.DOWN)[-50:] + 60.0).max() < 8.0
    assert flight.vehicle._s[M.S_M1] > 0.1


@pytest.mark.parametrize(("height", "speed"), [(50.0, 18.0), (0.0, 18.0), (50.0, 0.0)])
def test_too_low_on_its_wings_the_motors_help(height: float, speed: float) -> None:
    """Q_ASSIST_ALT, but not with Q_ASSIST_SPEED 0; higher up they fade again."""
    flight = QuadplaneFlight({"Q_ASSIST_ALT": height, "Q_ASSIST_SPEED": speed}).up(80.0)
    flight.vehicle.set_target(Circle((600.0, 0.0, -80.0), 120.0))
    flight.fly(40.0)
    assert flight.now(R.VTOL_STATE) == VtolState.FW
    flight.forget()
    flight.vehicle.set_target(Circle((600.0, 0.0, -30.0), 120.0))
    flight.fly(30.0)
    helps = height > 0.0 and speed > 0.0
    assert (VtolState.TRANSITION_TO_FW in states(flight)) is helps
    assert set(flight.seen(R.ASSISTS)) == ({0.0, L.ASSIST_LOW} if helps else {0.0})
    flight.vehicle.set_target(Circle((600.0, 0.0, -80.0), 120.0))
    flight.fly(40.0)
    assert (flight.now(R.VTOL_STATE), flight.now(R.ASSISTS)) == (VtolState.FW, 0.0)


@pytest.mark.parametrize(("angle", "delay", "helps"), [(30.0, 0.1, True), (0.0, 0.1, False), (30.0, 2.0, False)])
def test_lift_motors_help_wings_that_are_upset(angle: float, delay: float, helps: bool) -> None:
    """Q_ASSIST_ANGLE, after Q_ASSIST_DELAY: rolled over by hand in MANUAL, where they stand still, then in FBWA."""
    flight = QuadplaneFlight({"Q_ASSIST_ANGLE": angle, "Q_ASSIST_DELAY": delay}).up(120.0)
    flight.vehicle.set_target(Leg((3000.0, 0.0, -120.0)))
    flight.fly(30.0)
    flight.vehicle.set_target(Pilot(PilotKind.MANUAL))
    flight.vehicle.set_sticks(Sticks(roll=0.5, throttle=0.7))
    flight.forget()
    while abs(flight.now(R.ROLL)) < 2.0:
        flight.fly(0.1)
    assert not flight.seen(R.ASSISTS).any()
    flight.vehicle.set_target(Pilot(PilotKind.FBWA))
    flight.vehicle.set_sticks(Sticks(throttle=0.7))
    flight.fly(10.0)
    assert bool(flight.seen(R.ASSISTS).any()) is helps
    assert (VtolState.TRANSITION_TO_FW in states(flight)) is helps
    assert abs(degrees(flight.now(R.ROLL))) < 10.0


@pytest.mark.parametrize("direction", [0.0, 90.0, 180.0, 225.0])
def test_it_rises_in_wind_from_any_side(direction: float) -> None:
    """Also from behind, where the wings are of no use and the tail is ahead of them."""
    flight = QuadplaneFlight({"SIM_WIND_SPD": 6.0, "SIM_WIND_TURB": 1.0, "SIM_WIND_DIR": direction}).up(50.0)
    assert hypot(flight.now(R.TRUE_N), flight.now(R.TRUE_E)) < 15.0
    assert np.abs(np.degrees(flight.seen(R.TRUE_PITCH))).max() < 40.0


@pytest.mark.parametrize("direction", [90.0, 270.0])
def test_its_nose_stays_in_wind_from_the_side(direction: float) -> None:
    """In QLOITER at 8 m/s, as ArduPlane's simulator (3 to 5 degrees); it leans, and does not move."""
    flight = QuadplaneFlight({"SIM_WIND_SPD": 8.0, "SIM_WIND_DIR": direction}).up(30.0)
    flight.vehicle.set_target(Pilot(PilotKind.LOITER))
    flight.vehicle.set_sticks(Sticks(throttle=0.5))
    flight.fly(5.0)
    flight.forget()
    flight.fly(15.0)
    assert np.abs(np.degrees(flight.seen(R.YAW))).max() < 8.0
    assert np.hypot(flight.seen(R.TRUE_N), flight.seen(R.TRUE_E)).max() < 1.5
    assert flight.now(R.NAV_ROLL) == pytest.approx(flight.now(R.ROLL), abs=0.1) and abs(flight.now(R.NAV_ROLL)) > 0.2


def on_wings(parameters: dict[str, float] | None = None) -> QuadplaneFlight:
    flight = QuadplaneFlight(parameters).up(40.0)
    flight.to(Leg((500.0, 0.0, -40.0), radius=50.0), 90.0)
    flight.fly(3.0)
    flight.forget()
    return flight


def test_a_pilot_who_closes_the_throttle_keeps_it_closed() -> None:
    """FBWA: below Q_ASSIST_SPEED the lift motors hold the height beside a pusher that stands, and it comes to a hover,
    as ArduPlane's; with the throttle it flies on wings again."""
    flight = on_wings()
    flight.vehicle.set_target(Pilot(PilotKind.FBWA))
    flight.vehicle.set_sticks(Sticks(throttle=0.0))
    flight.fly(30.0)
    assert flight.seen(R.SERVO_1 + 2)[5:].max() == 1000.0
    assert flight.now(R.AIR_SPEED) < 6.0
    height = flight.seen(R.DOWN)[-75:]
    assert height.max() - height.min() < 1.0
    flight.vehicle.set_sticks(Sticks(throttle=0.8))
    flight.fly(20.0)
    assert flight.now(R.VTOL_STATE) == VtolState.FW and flight.now(R.SERVO_1 + 2) == pytest.approx(1800.0)


@pytest.mark.parametrize("kind", [PilotKind.MANUAL, PilotKind.ACRO, PilotKind.TRAINING])
def test_by_hand_alone_lift_motors_stand(kind: PilotKind) -> None:
    """However slow it is, from a hover too (ArduPlane's QuadPlane::update)."""
    flight = QuadplaneFlight().up(60.0)
    flight.vehicle.set_target(Pilot(kind))
    flight.vehicle.set_sticks(Sticks(throttle=1.0))
    flight.fly(2.0)
    assert flight.vehicle._s[M.S_M1] < 0.01


def test_lift_motors_always_help_where_they_are_told() -> None:
    """Q_OPTIONS bit 7: at cruise too, with as much throttle as cruise needs."""
    flight = on_wings({"Q_OPTIONS": 128.0})
    flight.vehicle.set_target(Leg((4000.0, 0.0, -40.0)))
    flight.fly(30.0)
    assert flight.now(R.AIR_SPEED) > 22.0 and flight.now(R.SERVO_1 + 2) < 1900.0
    assert flight.now(R.VTOL_STATE) == VtolState.TRANSITION_TO_FW and flight.seen(R.SERVO_1 + 5).min() > 1300.0


def test_motors_stand_after_arming_where_they_are_told() -> None:
    """Q_OPTIONS bit 11: for 2 s, whatever is flown then."""
    lifted = []
    for options in (0.0, 2048.0):
        flight = QuadplaneFlight({"Q_OPTIONS": options})
        assert flight.vehicle.arm().ok
        flight.vehicle.set_target(TakeOff(-10.0))
        flight.fly(0.4)
        assert (flight.now(R.SERVO_1 + 4) > 1000.0) is (options == 0.0)
        flight.fly(10.0, VehicleEvent.LIFTOFF)
        lifted.append(flight.vehicle.state.time_ms)
    assert lifted[1] - lifted[0] == pytest.approx(2000, abs=40)


def test_it_takes_off_on_its_wings() -> None:
    """The pusher opens and the lift motors help, as ArduPlane's with Q_OPTIONS bit 1."""
    flight = QuadplaneFlight()
    assert flight.vehicle.arm().ok
    flight.to(TakeOff(-40.0, pitch=0.17), 40.0)
    assert hypot(flight.now(R.TRUE_N), flight.now(R.TRUE_E)) > 60.0
    assert VtolState.TRANSITION_TO_FW in states(flight) and flight.now(R.AIR_SPEED) > 18.0


@pytest.mark.parametrize("takeoff", [TakeOff(-40.0), TakeOff(-40.0, pitch=0.17)])
def test_a_takeoff_left_on_the_ground_leaves_it_there(takeoff: TakeOff) -> None:
    """For FBWA, a moment later: it does not take off by that."""
    flight = QuadplaneFlight()
    assert flight.vehicle.arm().ok
    flight.vehicle.set_target(takeoff)
    flight.fly(0.6)
    flight.vehicle.set_target(Pilot(PilotKind.FBWA))
    flight.vehicle.set_sticks(Sticks(throttle=0.0))
    assert not flight.fly(10.0, VehicleEvent.LIFTOFF) & VehicleEvent.LIFTOFF
    assert flight.now(R.SERVO_1 + 2) == 1000.0 and flight.now(R.SERVO_1 + 4) < 1150.0


def test_it_hovers_by_sticks() -> None:
    """QHOVER, QLOITER and QSTABILIZE: the copter's sticks, without the wings' speed."""
    flight = QuadplaneFlight().up()
    flight.vehicle.set_target(Pilot(PilotKind.LOITER))
    flight.vehicle.set_sticks(Sticks(throttle=0.5))
    flight.fly(10.0)
    assert hypot(flight.now(R.TRUE_N), flight.now(R.TRUE_E)) < 2.0
    assert flight.now(R.DOWN) == pytest.approx(-30.0, abs=1.0)
    flight.vehicle.set_sticks(Sticks(pitch=1.0, throttle=0.5))
    flight.fly(8.0)
    assert 3.0 < flight.now(R.GROUND_SPEED) < 6.0
    flight.vehicle.set_target(Pilot(PilotKind.HOVER))
    flight.vehicle.set_sticks(Sticks(roll=0.5, throttle=0.5))
    flight.fly(1.5)
    assert degrees(flight.now(R.ROLL)) == pytest.approx(15.0, abs=2.0), "half of Q_ANGLE_MAX"


def test_wings_without_lift_motors_never_turn_them() -> None:
    """A plane has none: nothing of a quadplane touches it."""
    flight = PlaneFlight().airborne()
    assert flight.now(R.VTOL_STATE) == VtolState.UNDEFINED
    assert flight.vehicle._s[L.S_LIFTING] == 0.0
    assert flight.vehicle._s[M.S_M1] == 0.0


def test_disarmed_in_the_air_it_falls_and_lands() -> None:
    flight = QuadplaneFlight().up(2.5)
    assert not flight.vehicle.disarm().ok
    assert flight.vehicle.disarm(force=True).ok
    assert flight.fly(30.0, VehicleEvent.LANDED) & VehicleEvent.LANDED


def test_a_fall_from_high_up_is_felt_by_the_estimate() -> None:
    """At more than 20 m/s: below the ground for a moment at most."""
    flight = QuadplaneFlight().up(50.0)
    assert flight.vehicle.disarm(force=True).ok
    flight.fly(8.0, VehicleEvent.LANDED)
    assert flight.vehicle.state.landed
    assert flight.seen(R.TRUE_VD).max() > 20.0
    assert flight.seen(R.DOWN).max() < 1.0


def test_it_comes_down_on_its_wings_and_notices() -> None:
    """By hand, with no power and lift motors that do not help: it stands, landed, and may be disarmed."""
    flight = QuadplaneFlight({"Q_ASSIST_SPEED": 0.0}).up(30.0)
    flight.to(Leg((500.0, 0.0, -30.0), radius=50.0), 90.0)
    flight.vehicle.set_target(Pilot(PilotKind.FBWA))
    flight.vehicle.set_sticks(Sticks(pitch=0.0, throttle=0.0))
    assert flight.fly(60.0, VehicleEvent.LANDED) & VehicleEvent.LANDED
    assert flight.now(R.TRUE_CONTACT) == 1.0 and flight.now(R.LANDED_STATE) == L.ON_GROUND
    assert flight.vehicle.disarm().ok


def test_it_stands_still_on_lift_motors_without_having_landed() -> None:
    """A pusher that does nothing leaves it where it hovers, at the beginning of a transition."""
    flight = QuadplaneFlight({"THR_MAX": 0.0}).up(30.0)
    flight.vehicle.set_target(Leg((2000.0, 0.0, -30.0)))
    assert not flight.fly(20.0, VehicleEvent.LANDED) & VehicleEvent.LANDED
    assert flight.now(R.DOWN) == pytest.approx(-30.0, abs=4.0)


def test_it_lands_down_a_slope_on_its_wings() -> None:
    """Lift motors that help below Q_ASSIST_SPEED stay off in the flare (VTOL_Assist::should_assist)."""
    flight = QuadplaneFlight().up(50.0)
    flight.to(Leg((600.0, 0.0, -50.0), next=(-600.0, 0.0, -50.0), radius=50.0), 90.0)
    flight.to(Land((-600.0, 0.0), approach=(400.0, 0.0, -50.0), down=0.0), 120.0)
    assert flight.now(R.LANDED_STATE) == L.ON_GROUND
    assert hypot(flight.now(R.TRUE_N) + 600.0, flight.now(R.TRUE_E)) < 60.0
    assert VtolState.MC not in states(flight)[1:]


@pytest.mark.parametrize(("options", "steepest"), [(0.0, (15.0, 66.0)), (1.0, (0.0, 9.0))])
def test_a_transition_is_level_where_it_is_told(options: float, steepest: tuple[float, float]) -> None:
    """Q_OPTIONS bit 0: within LEVEL_ROLL_LIMIT, 5 degrees, until the wings carry, and no higher."""
    flight = QuadplaneFlight({"Q_OPTIONS": options}).up()
    flight.forget()
    flight.vehicle.set_target(Leg((0.0, -800.0, -80.0)))
    flight.fly(12.0)
    changing = flight.seen(R.VTOL_STATE) == VtolState.TRANSITION_TO_FW
    assert steepest[0] < np.abs(np.degrees(flight.seen(R.ROLL)))[changing].max() < steepest[1]


def short_flight() -> str:
    """Digest of the report after a climb on the lift motors and the first seconds of the way to the wings, in gusts."""
    flight = QuadplaneFlight(WIND, seed=7)
    flight.vehicle.arm(force=True)
    flight.vehicle.set_target(TakeOff(-6.0))
    flight.fly(5.0)
    flight.vehicle.set_target(Leg((500.0, 100.0, -20.0)))
    flight.fly(4.0)
    assert flight.now(R.VTOL_STATE) == VtolState.TRANSITION_TO_FW
    return hashlib.sha256(flight.vehicle.state.report.tobytes()).hexdigest()


def test_compiled_and_plain_agree_bit_for_bit() -> None:
    """The same functions without numba's compiler give the same bytes, and no warning."""
    assert printed_by(SCRIPT) == short_flight()


def test_a_hover_is_not_told_as_a_landing() -> None:
    """A landing that keeps its height for now, as over a place in GUIDED, or sinks to a place in the air."""
    flight = QuadplaneFlight().up()
    flight.vehicle.set_target(Land((0.0, 0.0), sink=0.0))
    flight.fly(3.0)
    assert flight.now(R.LANDED_STATE) == L.IN_AIR
    flight.vehicle.set_target(Land((0.0, 0.0), down=-5.0))
    flight.fly(3.0)
    assert flight.now(R.LANDED_STATE) == L.IN_AIR
    flight.vehicle.set_target(Land((0.0, 0.0)))
    flight.fly(3.0)
    assert flight.now(R.LANDED_STATE) == L.LANDING


@pytest.mark.parametrize("target", [Land(), Land((100.0, 0.0))], ids=["QLAND", "QRTL"])
def test_no_pusher_runs_for_a_hover_on_the_ground(target: Land) -> None:
    """It was speeding up for its wings, but an empty battery kept it on the ground (SIM_BATT_VOLTAGE)."""
    flight = QuadplaneFlight({"SIM_BATT_VOLTAGE": 0.5})
    assert flight.vehicle.arm().ok
    flight.vehicle.set_target(Pilot(PilotKind.HOVER))
    flight.vehicle.set_sticks(Sticks(throttle=0.8))
    flight.fly(5.0)
    flight.vehicle.set_target(Leg((800.0, 0.0, -30.0)))
    flight.fly(10.0)
    row = flight.vehicle._s
    assert row[L.S_LIFTING] == L.LIFT_SPEEDING and row[L.S_AIR] == 0.0
    assert row[L.S_THROTTLE] > 0.9
    flight.vehicle.set_target(target)
    flight.fly(20.0)
    assert row[L.S_LIFTING] == L.LIFT_HOVER and row[L.S_THROTTLE] == 0.0


def test_all_its_lift_motors_can_fail() -> None:
    """As a copter's: from a hover it then falls. The fleet breaks all motors of those that have touched."""
    flight = QuadplaneFlight().up(30.0)
    motors = [name for name in flight.vehicle.fault_names() if name.startswith("motor")]
    assert motors == [f"motor{number}.loss" for number in (1, 2, 3, 4)]
    for name in motors:
        assert flight.vehicle.inject_fault(name, 1.0, active=True)
    flight.fly(1.0)
    assert flight.now(R.TRUE_VN + 2) > 5.0


@pytest.mark.parametrize(("options", "lean_deg"), [(0, (30.0, 25.0, 20.0)), (1 << 14, (30.0, 30.0, 30.0))])
def test_sticks_lean_it_within_the_limits_of_its_wings(options: int, lean_deg: tuple[float, float, float]) -> None:
    """ArduPlane's set_limited_roll_pitch; with Q_OPTIONS bit 14 only Q_ANGLE_MAX counts."""
    limits = {"PTCH_LIM_MAX_DEG": 25.0, "PTCH_LIM_MIN_DEG": -20.0, "ROLL_LIMIT_DEG": 45.0}
    flight = QuadplaneFlight({**limits, "Q_OPTIONS": float(options)}).up(60.0)
    flight.vehicle.set_target(Pilot(PilotKind.ALT_HOLD))
    for sticks, field, lean in zip(
        (Sticks(roll=1.0), Sticks(pitch=-1.0), Sticks(pitch=1.0)),
        (R.NAV_ROLL, R.NAV_PITCH, R.NAV_PITCH),
        (lean_deg[0], lean_deg[1], -lean_deg[2]),
        strict=True,
    ):
        flight.vehicle.set_sticks(sticks)
        flight.fly(1.0)
        assert degrees(flight.now(field)) == pytest.approx(lean, abs=2.0)
        flight.vehicle.set_sticks(Sticks())
        flight.fly(8.0)
