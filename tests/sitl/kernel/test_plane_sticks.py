"""A plane flown by sticks, and sticks that steer it where it flies by itself."""

from __future__ import annotations

from math import degrees, hypot, radians

import numpy as np
import pytest

from autopilot.interface import report as R
from autopilot.interface.targets import NO_STICKS, Attitude, Circle, Leg, Pilot, PilotKind, Sticks
from sitl.vehicles.kinds import make_simulated
from tests.fakes.plane_flight import WEST_WIND, PlaneFlight
from tests.fakes.simulated_run import HOME


def test_fly_by_wire_a_keeps_bank_and_pitch_within_their_limits() -> None:
    """Full sticks: the limits, no more; let go: level."""
    flight = PlaneFlight().airborne(150.0)
    flight.vehicle.set_target(Pilot(PilotKind.FBWA))
    flight.vehicle.set_sticks(Sticks(roll=1.0, pitch=-0.3, throttle=0.8))
    flight.fly(4.0)
    assert 50.0 < degrees(flight.now(R.ROLL)) < 70.0
    flight.vehicle.set_sticks(Sticks(roll=0.0, pitch=-1.0, throttle=1.0))
    flight.fly(4.0)
    assert 18.0 < degrees(flight.now(R.PITCH)) < 28.0
    flight.vehicle.set_sticks(Sticks(throttle=0.5))
    flight.fly(6.0)
    assert abs(degrees(flight.now(R.ROLL))) < 3.0
    assert abs(degrees(flight.now(R.PITCH))) < 4.0


@pytest.mark.parametrize("lifts", [False, True], ids=["plane", "quadplane"])
@pytest.mark.parametrize("kind", [PilotKind.MANUAL, PilotKind.STABILIZE, PilotKind.FBWA])
def test_without_a_pilot_an_armed_plane_stands(kind: PilotKind, lifts: bool) -> None:
    """As ArduPlane, whose throttle stick is down then; it ran away at half throttle."""
    vehicle = make_simulated("quadplane" if lifts else "plane", HOME, 0.0, 7)
    vehicle.advance(20_000)
    assert vehicle.arm().ok
    vehicle.set_target(Pilot(kind))
    vehicle.advance(30_000)
    assert vehicle.state.report[R.THROTTLE] == 0.0
    assert hypot(*vehicle.true_velocity) < 0.1


@pytest.mark.parametrize("kind", [PilotKind.FBWB, PilotKind.CRUISE])
def test_without_a_pilot_fly_by_wire_b_flies_at_its_cruise_speed(kind: PilotKind) -> None:
    """ArduPlane's calc_airspeed_errors in a radio failsafe: AIRSPEED_CRUISE, not one of the stick's."""
    flight = PlaneFlight().airborne()
    flight.vehicle.set_sticks(NO_STICKS)
    flight.vehicle.set_target(Pilot(kind))
    flight.fly(30.0)
    assert flight.now(R.AIR_SPEED) == pytest.approx(22.0, abs=1.0)


@pytest.mark.parametrize("kind", [PilotKind.FBWB, PilotKind.CRUISE])
def test_fly_by_wire_b_and_cruise_hold_height_and_airspeed(kind: PilotKind) -> None:
    """Middle throttle: the middle of the airspeeds; pitch stick: climb; CRUISE keeps its track over the ground."""
    flight = PlaneFlight(WEST_WIND).airborne()
    flight.vehicle.set_target(Pilot(kind))
    flight.vehicle.set_sticks(Sticks(throttle=0.5))
    flight.fly(30.0)
    height = -flight.now(R.DOWN)
    flight.forget()
    flight.fly(20.0)
    assert np.abs(flight.seen(R.DOWN) + height).max() < 3.0
    assert float(np.mean(flight.seen(R.AIR_SPEED))) == pytest.approx(20.0, abs=0.7)
    track = np.polyfit(flight.seen(R.TRUE_N), flight.seen(R.TRUE_E), 1)[0]
    if kind is PilotKind.CRUISE:
        ahead = np.hypot(flight.seen(R.TRUE_N)[-1] - flight.seen(R.TRUE_N)[0], 0.0)
        line = np.polyval(np.polyfit(flight.seen(R.TRUE_N), flight.seen(R.TRUE_E), 1), flight.seen(R.TRUE_N))
        assert np.abs(line - flight.seen(R.TRUE_E)).max() < 0.01 * ahead
    assert np.isfinite(track)
    flight.vehicle.set_sticks(Sticks(pitch=1.0, throttle=0.5))
    flight.fly(10.0)
    assert -flight.now(R.DOWN) < height - 8.0


@pytest.mark.parametrize("kind", [PilotKind.FBWB, PilotKind.CRUISE])
@pytest.mark.parametrize("yaw", [-0.8, 0.8])
def test_a_yaw_stick_turns_it_with_its_wings_level(kind: PilotKind, yaw: float) -> None:
    """The rudder goes with the stick, as in FBWA (ArduPlane's calc_nav_yaw_coordinated; its test MainFlight)."""
    flight = PlaneFlight().airborne()
    flight.vehicle.set_target(Pilot(kind))
    flight.vehicle.set_sticks(Sticks(throttle=0.7))
    flight.fly(10.0)
    flight.forget()
    flight.vehicle.set_sticks(Sticks(yaw=yaw, throttle=0.7))
    flight.fly(20.0)
    turned = np.unwrap(flight.seen(R.YAW))
    assert degrees(turned[-1] - turned[0]) * yaw > 30.0
    assert np.abs(np.degrees(flight.seen(R.NAV_ROLL))).max() < 1.0


@pytest.mark.parametrize(
    ("kind", "closed", "full"),
    [(PilotKind.MANUAL, 0.0, 1.0), (PilotKind.STABILIZE, 0.1, 0.7), (PilotKind.FBWA, 0.1, 0.7)],
)
def test_the_limits_of_the_throttle_are_those_of_all_modes_but_manual(
    kind: PilotKind, closed: float, full: float
) -> None:
    """THR_MIN and THR_MAX (ArduPlane's use_throttle_limits; its test MinThrottle)."""
    flight = PlaneFlight().airborne(150.0)
    flight.vehicle.set_parameter("THR_MIN", 10.0)
    flight.vehicle.set_parameter("THR_MAX", 70.0)
    flight.vehicle.set_target(Pilot(kind))
    for stick, throttle in ((0.0, closed), (1.0, full)):
        flight.vehicle.set_sticks(Sticks(throttle=stick))
        flight.fly(2.0)
        assert flight.now(R.THROTTLE) == pytest.approx(throttle, abs=0.01)


@pytest.mark.parametrize("pitch", [-1.0, 1.0], ids=["climb", "sink"])
def test_a_climb_ends_where_the_stick_is_let_go(pitch: float) -> None:
    """In FBWB the height of that moment is kept (ArduPlane), not the one that the demand has run ahead to: 6.5 m on."""
    flight = PlaneFlight().airborne()
    flight.vehicle.set_target(Pilot(PilotKind.FBWB))
    flight.vehicle.set_sticks(Sticks(throttle=0.5))
    flight.fly(20.0)
    flight.vehicle.set_sticks(Sticks(pitch=pitch, throttle=0.5))
    flight.fly(12.0)
    height = -flight.now(R.TRUE_D)
    flight.vehicle.set_sticks(Sticks(throttle=0.5))
    flight.fly(15.0)
    assert -flight.now(R.TRUE_D) == pytest.approx(height, abs=3.5)


@pytest.mark.parametrize(
    ("mixing", "bank_deg", "pitch_deg"), [(0, 0, 0), (1, 65, -20), (2, 65, -20), (3, 0, 0), (4, 65, 0)]
)
def test_sticks_steer_where_it_flies_by_itself(mixing: int, bank_deg: float, pitch_deg: float) -> None:
    """STICK_MIXING, as ArduPlane's stabilize_stick_mixing_fbw: a full stick reaches the limit, whatever is demanded."""
    flight = PlaneFlight({"STICK_MIXING": float(mixing)}).airborne(150.0)
    flight.vehicle.set_target(Leg((5000.0, 0.0, -150.0), radius=50.0))
    flight.fly(15.0)
    flight.vehicle.set_sticks(Sticks(roll=1.0, throttle=0.5))
    flight.fly(2.0)
    assert degrees(flight.now(R.NAV_ROLL)) == pytest.approx(bank_deg, abs=15.0 if bank_deg == 0 else 0.1)
    assert degrees(flight.now(R.ROLL)) == pytest.approx(bank_deg, abs=15.0)
    flight.vehicle.set_sticks(Sticks(throttle=0.5))
    flight.fly(15.0)
    flight.vehicle.set_sticks(Sticks(pitch=1.0, throttle=0.5))
    flight.fly(2.0)
    assert degrees(flight.now(R.PITCH)) == pytest.approx(pitch_deg, abs=7.0)


@pytest.mark.parametrize(("stick", "bank_deg"), [(0.25, 16.25), (0.5, 32.5), (0.6, 52.0), (-0.6, -52.0)])
def test_half_a_stick_adds_its_share_of_the_limit(stick: float, bank_deg: float) -> None:
    """Beyond its half three times as much, so that a full stick is twice the limit (ArduPlane)."""
    flight = PlaneFlight().airborne(150.0)
    flight.vehicle.set_target(Attitude(0.0, 0.0, 0.0, timeout_ms=60_000))
    flight.vehicle.set_sticks(Sticks(roll=stick, throttle=0.5))
    flight.fly(1.0)
    assert degrees(flight.now(R.NAV_ROLL)) == pytest.approx(bank_deg, abs=0.1)


@pytest.mark.parametrize(
    ("parameters", "stick", "airspeed"),
    [({}, 0.75, 26.0), ({}, 0.4, 22.0), ({"THROTTLE_NUDGE": 0.0}, 0.75, 22.0), ({"STICK_MIXING": 0.0}, 0.75, 22.0)],
)
def test_a_raised_throttle_adds_airspeed_where_it_flies_by_itself(
    parameters: dict[str, float], stick: float, airspeed: float
) -> None:
    """THROTTLE_NUDGE, by the upper half of the stick up to AIRSPEED_MAX (ArduPlane/radio.cpp, calc_airspeed_errors)."""
    flight = PlaneFlight(parameters).airborne(150.0)
    flight.vehicle.set_target(Leg((5000.0, 0.0, -150.0), radius=50.0))
    flight.vehicle.set_sticks(Sticks(throttle=stick))
    flight.fly(30.0)
    assert flight.now(R.AIR_SPEED) == pytest.approx(airspeed, abs=0.7)
    flight.vehicle.set_sticks(NO_STICKS)
    flight.fly(30.0)
    assert flight.now(R.AIR_SPEED) == pytest.approx(22.0, abs=0.7)


def test_a_raised_throttle_opens_it_without_airspeed() -> None:
    flight = PlaneFlight({"ARSPD_USE": 0.0}).airborne(150.0)
    flight.vehicle.set_target(Leg((5000.0, 0.0, -150.0), radius=50.0))
    flight.fly(30.0)
    before = flight.now(R.TRUE_VN)
    flight.vehicle.set_sticks(Sticks(throttle=0.75))
    flight.fly(30.0)
    assert flight.now(R.TRUE_VN) > before + 2.0


@pytest.mark.parametrize(("action", "pitch_deg"), [(0, -2.0), (2, 0.0), (3, -2.0)])
def test_fbwa_glides_level_without_sticks(action: int, pitch_deg: float) -> None:
    """ArduPlane's FBWA after a loss of the sticks with FS_SHORT_ACTN 2; STAB_PITCH_DOWN lowered the nose."""
    flight = PlaneFlight({"FS_SHORT_ACTN": float(action)}).airborne(150.0)
    flight.vehicle.set_target(Pilot(PilotKind.FBWA))
    flight.vehicle.set_sticks(NO_STICKS)
    flight.fly(2.0)
    assert degrees(flight.now(R.NAV_PITCH)) == pytest.approx(pitch_deg, abs=0.01)


def test_a_stick_that_pushes_it_down_leaves_it_its_height() -> None:
    """The demanded height stays, so the throttle opens, and without the stick it climbs back."""
    flight = PlaneFlight().airborne(150.0)
    flight.vehicle.set_target(Circle((300.0, 0.0, -150.0), 80.0))
    flight.fly(40.0)
    cruise = flight.now(R.THROTTLE)
    flight.vehicle.set_sticks(Sticks(pitch=1.0, throttle=0.5))
    flight.fly(4.0)
    assert -flight.now(R.DOWN) < 140.0
    assert flight.now(R.THROTTLE) > cruise + 0.2
    flight.vehicle.set_sticks(Sticks(throttle=0.5))
    flight.fly(40.0)
    assert -flight.now(R.DOWN) == pytest.approx(150.0, abs=2.0)


@pytest.mark.parametrize("mixing", [0, 1])
def test_a_circle_whose_height_the_stick_moves(mixing: int) -> None:
    """FLIGHT_OPTIONS bit 12 in LOITER: FBWB_CLIMB_RATE, and the height where the stick is let go is kept."""
    flight = PlaneFlight({"STICK_MIXING": float(mixing)}).airborne(150.0)
    flight.vehicle.set_target(Circle((300.0, 0.0, -150.0), 80.0, climbs=True))
    flight.fly(20.0)
    flight.vehicle.set_sticks(Sticks(pitch=1.0, throttle=0.5))
    flight.fly(20.0)
    flight.vehicle.set_sticks(Sticks(throttle=0.5))
    flight.fly(20.0)
    assert -flight.now(R.DOWN) == pytest.approx(150.0 if mixing == 0 else 114.0, abs=6.0)
    assert hypot(flight.now(R.NORTH) - 300.0, flight.now(R.EAST)) == pytest.approx(95.0, abs=8.0)


def test_stabilize_levels_manual_does_not_and_acro_turns_by_rates() -> None:
    flight = PlaneFlight().airborne(200.0)
    flight.vehicle.set_target(Pilot(PilotKind.ACRO))
    flight.vehicle.set_sticks(Sticks(roll=0.25, throttle=0.6))
    flight.fly(1.0)
    assert flight.now(R.P) == pytest.approx(radians(45.0), abs=0.25)
    flight.vehicle.set_target(Pilot(PilotKind.STABILIZE))
    flight.vehicle.set_sticks(Sticks(throttle=0.6))
    flight.fly(4.0)
    assert abs(degrees(flight.now(R.ROLL))) < 3.0
    flight.vehicle.set_target(Pilot(PilotKind.MANUAL))
    flight.vehicle.set_sticks(Sticks(roll=0.3, throttle=0.6))
    flight.fly(0.6)
    assert degrees(flight.now(R.ROLL)) > 15.0


@pytest.mark.parametrize(("most_deg", "rate"), [(180.0, 1.0), (60.0, 0.3)])
def test_acro_pitches_by_a_rate_of_its_own(most_deg: float, rate: float) -> None:
    flight = PlaneFlight({"ACRO_ROLL_RATE": 180.0, "ACRO_PITCH_RATE": most_deg}).airborne(200.0)
    flight.vehicle.set_target(Pilot(PilotKind.ACRO))
    flight.vehicle.set_sticks(Sticks(pitch=-0.25, throttle=0.8))
    flight.fly(1.0)
    assert flight.now(R.Q) == pytest.approx(rate, abs=0.15)


@pytest.mark.parametrize(("turned", "change"), [(0.0, -17.0), (1.0, 13.0)])
def test_a_pushed_stick_climbs_if_it_is_reversed(turned: float, change: float) -> None:
    """FBWB_ELEV_REV (ArduPlane's update_fbwb_speed_height)."""
    flight = PlaneFlight({"FBWB_ELEV_REV": turned}).airborne(150.0)
    flight.vehicle.set_target(Pilot(PilotKind.FBWB))
    flight.vehicle.set_sticks(Sticks(throttle=0.6))
    flight.fly(10.0)
    before = -flight.now(R.DOWN)
    flight.vehicle.set_sticks(Sticks(pitch=1.0, throttle=0.6))
    flight.fly(10.0)
    assert -flight.now(R.DOWN) - before == pytest.approx(change, abs=6.0)


def test_training_is_manual_within_the_limits_of_bank_and_pitch() -> None:
    """The stick rolls it as in MANUAL, held there it stays at ROLL_LIMIT_DEG, and back it comes at once; the nose the
    same."""
    flight = PlaneFlight().airborne(200.0)
    for kind in (PilotKind.MANUAL, PilotKind.TRAINING):
        flight.vehicle.set_target(Pilot(kind))
        flight.vehicle.set_sticks(Sticks(roll=0.3, throttle=0.6))
        flight.fly(0.6)
        assert 15.0 < degrees(flight.now(R.ROLL)) < 50.0
        flight.vehicle.set_target(Pilot(PilotKind.STABILIZE))
        flight.vehicle.set_sticks(Sticks(throttle=0.6))
        flight.fly(4.0)
    flight.vehicle.set_target(Pilot(PilotKind.TRAINING))
    flight.vehicle.set_sticks(Sticks(roll=0.6, throttle=0.8))
    flight.forget()
    flight.fly(3.0)
    assert degrees(flight.now(R.ROLL)) == pytest.approx(65.0, abs=10.0)
    assert np.degrees(flight.seen(R.ROLL)).max() < 90.0
    flight.vehicle.set_sticks(Sticks(roll=-0.3, throttle=0.8))
    flight.fly(1.0)
    assert degrees(flight.now(R.ROLL)) < 50.0
    flight.vehicle.set_target(Pilot(PilotKind.STABILIZE))
    flight.vehicle.set_sticks(Sticks(throttle=0.8))
    flight.fly(4.0)
    flight.vehicle.set_target(Pilot(PilotKind.TRAINING))
    flight.vehicle.set_sticks(Sticks(pitch=0.5, throttle=0.3))
    flight.forget()
    flight.fly(2.0)
    assert np.degrees(flight.seen(R.PITCH)).min() > -30.0
    flight.vehicle.set_sticks(Sticks(pitch=-0.4, throttle=0.8))
    flight.fly(1.0)
    assert degrees(flight.now(R.PITCH)) > -10.0


@pytest.mark.parametrize(
    ("sticks", "field", "theirs"),
    [
        (Sticks(roll=1.0, throttle=0.8), R.ROLL, 104.3),
        (Sticks(roll=-1.0, throttle=0.8), R.ROLL, -105.2),
        (Sticks(roll=0.6, throttle=0.8), R.ROLL, 86.7),
        (Sticks(pitch=-1.0, throttle=0.8), R.PITCH, 45.3),
        (Sticks(pitch=1.0, throttle=0.8), R.PITCH, -37.9),
    ],
    ids=["right", "left", "part", "up", "down"],
)
def test_training_swings_past_its_limits_as_arduplane_does(sticks: Sticks, field: int, theirs: float) -> None:
    """The law begins only at the limit, so a surface at its full way carries the plane past it: as far as ArduPlane
    4.7's own simulator (model plane, the same sticks), within 4 degrees."""
    flight = PlaneFlight().airborne(100.0)
    flight.vehicle.set_target(Pilot(PilotKind.FBWA))
    flight.vehicle.set_sticks(Sticks(throttle=0.8))
    flight.fly(8.0)
    flight.forget()
    flight.vehicle.set_target(Pilot(PilotKind.TRAINING))
    flight.vehicle.set_sticks(sticks)
    for _ in range(150):
        flight.fly(0.02)
    turned = np.degrees(flight.seen(field))
    assert turned[np.abs(turned).argmax()] == pytest.approx(theirs, abs=4.0)
